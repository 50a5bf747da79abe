"""What must not matter does not: the step of a finite difference on linear functions, the tangents' lengths to a projection."""

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, passed
from benchmarks.contract.comparing import flat, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective
from estimators.directional.estimator import Directional
from estimators.directional.space import matrix

_FACTOR = 8.0  # of the step: larger, for rounding grows as the step shrinks


def look_at_step(examination: Examination, case: ContractObjective) -> Observation:
    """Make the step larger on a linear function."""
    other = examination.estimator.with_step(_FACTOR)
    if other is None or not case.linear:
        return inapplicable("no step" if other is None else "not linear")
    objective = examination.subject(case).objective

    def estimate(shift: int) -> Tensor:
        return flat(examination.estimate(objective, shift=shift, estimator=other)[0].gradient)

    difference = examination.difference(case, estimate)
    text = f"off by {difference:.1e} for a step {_FACTOR:g} times as long"
    return passed(text) if difference <= tolerance(objective) else failed(text)


def look_at_lengths(examination: Examination, case: ContractObjective) -> Observation:
    """Multiply each tangent, with the derivative along it, by another number."""
    estimator = examination.estimator
    if not isinstance(estimator, Directional) or estimator.aggregation.law != "projection":
        return inapplicable("no projection")
    if not estimator.derivative.exact_on_linear:
        return inapplicable("derivatives that no vector has along more tangents than coordinates")
    objective, state = examination.subject(case).objective, examination.taken(case).state
    tangents = estimator.tangents(state)
    k = len(next(iter(tangents.values())))
    derivatives = estimator.derivatives(objective, state, range(k)).values
    if derivatives.dim() > 1:
        return inapplicable("a projection for each sample")
    factors = 2.0 ** (torch.arange(k, device=derivatives.device) % 5 - 2).to(derivatives.dtype)
    plain = estimator.aggregation.coefficients(tangents, derivatives)
    longer = {name: rows * factors.to(rows.dtype).view(-1, *[1] * (rows.dim() - 1)) for name, rows in tangents.items()}
    other = estimator.aggregation.coefficients(longer, derivatives * factors) * factors  # of the tangents as they were
    one, two = (_combined(tangents, coefficients) for coefficients in (plain, other))
    difference = float((one - two).norm() / one.norm()) if one.any() else float(two.norm())
    text = f"off by {difference:.1e}"
    return passed(text) if difference <= tolerance(objective) else failed(text)


def _combined(tangents: dict[str, Tensor], coefficients: Tensor) -> Tensor:
    return torch.cat([coefficients.double() @ matrix(rows).double() for rows in tangents.values()])


STEP = Clause(
    "step-invariance",
    "where there is one, a difference step does not matter on linear functions",
    look_at_step,
    presumes=("reproducible",),
)
LENGTHS = Clause(
    "length-invariance", "the lengths of the tangents do not matter to a projection", look_at_lengths, presumes=("reproducible",)
)
