"""An estimate follows the loss: what is done to the loss happens to the estimate, under one seed.

The loss times c gives the estimate times c; the mean of the losses of two halves of a batch gives the mean of their estimates;
the samples in another order give the same. An estimator that standardises losses or clips derivatives is not like that, and
declares so.
"""

from collections.abc import Callable

from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, omitted, passed
from benchmarks.contract.comparing import flat, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective, Variant

Estimates = Callable[[int], Tensor]

FACTORS = (1024.0, -0.25)  # powers of two, which add no rounding; far from 1 on both sides, and of either sign


def look_at_scale(examination: Examination, case: ContractObjective) -> Observation:
    """Multiply the loss."""
    objective = examination.subject(case).objective
    if not examination.declaration(objective).homogeneous:
        return omitted("declared not to be homogeneous")
    found = {c: examination.difference(case, _under(examination, case, Variant(scale=c)), factor=c) for c in FACTORS}
    worst = max(found, key=lambda c: found[c])
    text = f"off by {found[worst]:.1e} at c = {worst:g}"
    return passed(text) if found[worst] <= tolerance(objective) else failed(text)


def look_at_halves(examination: Examination, case: ContractObjective) -> Observation:
    """Divide the batch into halves."""
    if not examination.declaration(examination.subject(case).objective).linear:
        return omitted("declared not to be linear")
    if not case.samples:
        return inapplicable("no mean over exchangeable samples")
    middle = case.samples // 2
    halves = [Variant(samples=tuple(part)) for part in (range(middle), range(middle, 2 * middle))]
    first, second = (_under(examination, case, half) for half in halves)
    return _compared(examination, case, lambda shift: (first(shift) + second(shift)) / 2)


def look_at_order(examination: Examination, case: ContractObjective) -> Observation:
    """Turn the batch round."""
    if not examination.declaration(examination.subject(case).objective).permutation_invariant:
        return omitted("declared not to be")
    if not case.samples:
        return inapplicable("no mean over exchangeable samples")
    return _compared(examination, case, _under(examination, case, Variant(samples=tuple(reversed(range(case.samples))))))


def _compared(examination: Examination, case: ContractObjective, other: Estimates) -> Observation:
    difference = examination.difference(case, other)
    text = f"off by {difference:.1e}"
    return passed(text) if difference <= tolerance(examination.subject(case).objective) else failed(text)


def _under(examination: Examination, case: ContractObjective, variant: Variant) -> Estimates:
    """Shift of the seed -> the estimate on a variant of the objective, [n]."""
    objective = examination.subject(case, variant).objective

    def estimate(shift: int) -> Tensor:
        return flat(examination.estimate(objective, shift=shift)[0].gradient)

    return estimate


SCALE = Clause(
    "scale-equivariance",
    "unless declared otherwise, the loss times c gives the estimate times c",
    look_at_scale,
    presumes=("reproducible",),
)
LINEAR = Clause(
    "linearity",
    "unless declared otherwise, the estimate of a batch is the mean of those of its halves",
    look_at_halves,
    presumes=("reproducible",),
)
PERMUTATION = Clause(
    "permutation",
    "unless declared otherwise, the order of the samples does not matter",
    look_at_order,
    presumes=("reproducible",),
)
