"""The generator decides everything and nothing else does: the same seed gives the same bits, another seed another estimate."""

from benchmarks.contract.clause import Clause, Examination, Observation, failed, passed
from benchmarks.contract.objectives import ContractObjective
from benchmarks.contract.snapshot import bits, scramble_globals
from estimators.estimator import Estimate

_OTHER_SEEDS = 8  # k signs in few dimensions repeat by chance, but not eight times


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Estimate under one seed and two global states, then under other seeds."""
    scramble_globals(1)
    objective = examination.subject(case).objective
    first, _ = examination.estimate(objective)
    expected = _bits(first)
    if _bits(first) != expected:
        return failed("reading an estimate twice gives different tensors")
    scramble_globals(2)
    if _bits(examination.estimate(objective)[0]) != expected:
        return failed("the same generator seed gives another estimate when the global random state differs")
    others = [_bits(examination.estimate(objective, shift=shift)[0]) for shift in range(1, _OTHER_SEEDS + 1)]
    declaration = examination.declaration(objective)
    if not declaration.stochastic and any(other != expected for other in others):
        return failed("declared not stochastic, but the estimate changes with the generator's seed")
    if declaration.stochastic and not declaration.exact and all(other == expected for other in others):
        return failed("declared stochastic, but the estimate ignores the generator: the same for nine seeds")
    return passed("bitwise the same under one seed")


def _bits(estimate: Estimate) -> tuple[bytes, ...]:
    return (bits(estimate.loss), *(bits(tensor) for _, tensor in estimate.items()))


CLAUSE = Clause("reproducible", "the generator's seed decides the estimate bit by bit, whatever the global random states", look)
