"""The generator decides everything and nothing else does: the same seed gives the same bits, another seed another estimate.

And an estimate stays what it is: the next ones from the state that came with it, which may use memory again, leave it alone.
So does a state: what is kept for the next call is in the one that comes back, not in the one that was handed in. And an estimate
that depends on earlier ones is declared so: otherwise the same seed gives the same one after others, too.
"""

from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, passed
from benchmarks.contract.comparing import flat, reference, relative_error, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective
from benchmarks.contract.snapshot import bits, scramble_globals
from estimators.estimator import Estimate
from estimators.objective import Objective

_SEEDS, _MORE_SEEDS = 8, 64  # sparse tangents in few dimensions are the same now and then, but not so many times
_LATER = 2  # estimates after one that is held: memory may be used in turns


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Estimate under one seed and two global states, then under other seeds."""
    scramble_globals(1)
    objective = examination.subject(case).objective
    drifting = examination.drift(objective) > 0  # the next estimate would start from other parameters

    def again(shift: int = 0) -> tuple[bytes, ...]:
        fresh = examination.subject(case).objective if drifting else objective
        return _bits(examination.estimate(fresh, shift=shift)[0])

    start = examination.estimator.init(objective)
    first, state = examination.estimator.estimate(objective, start, generator=examination.generator())
    held = _read(first)
    expected = tuple(map(bits, held))
    if _bits(first) != expected:
        return failed("reading an estimate twice gives different tensors")
    for shift in range(1, _LATER + 1):
        _, state = examination.estimator.estimate(objective, state, generator=examination.generator(shift))
    if tuple(map(bits, held)) != expected or _bits(first) != expected:
        return failed("a later estimate from the state changes the tensors of the one before it")
    if not drifting:
        second, _ = examination.estimator.estimate(objective, start, generator=examination.generator())
        if _bits(second) != expected:
            return failed("an estimate changes the state it is taken from: a second one, under the same seed, is another")
        after, _ = examination.estimator.estimate(objective, state, generator=examination.generator())
        said = getattr(examination.declaration(objective), "remembers", True)  # versions from before it was declared said nothing
        if _bits(after) != expected and not said:
            return failed("an estimate depends on those before it: after others, the same seed gives another")
    scramble_globals(2)
    if again() != expected:
        return failed("the same generator seed gives another estimate when the global random state differs")
    declaration = examination.declaration(objective)
    varies = declaration.stochastic and not declaration.exact
    others = (again(shift) for shift in range(1, (_MORE_SEEDS if varies else _SEEDS) + 1))
    changes = any(other != expected for other in others)
    if changes and not declaration.stochastic:
        return failed("declared not stochastic, but the estimate changes with the generator's seed")
    if varies and not changes and not _is_the_gradient(objective, first):
        return failed(f"declared stochastic, but the estimate ignores the generator: the same for {_MORE_SEEDS + 1} seeds")
    return passed("bitwise the same under one seed")


def _is_the_gradient(objective: Objective, estimate: Estimate) -> bool:
    """Whether there was nothing to draw: a method may be random only where an error has a way to go (feedback between layers)."""
    return relative_error(flat(estimate.gradient), flat(reference(objective))) <= tolerance(objective)


def _read(estimate: Estimate) -> list[Tensor]:
    return [estimate.loss, *(tensor for _, tensor in estimate.items())]


def _bits(estimate: Estimate) -> tuple[bytes, ...]:
    return tuple(map(bits, _read(estimate)))


CLAUSE = Clause("reproducible", "the generator's seed decides the estimate bit by bit, and no estimate changes another", look)
