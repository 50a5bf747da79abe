"""The declared mean and mean squared error, on objectives that are linear, over a number of draws fixed beforehand.

Bounds are in standard errors taken from the draws themselves, and wider below than above: the estimates' distributions have a
heavy upper tail, and draws that miss it give a low mean with a small spread. In 100,000 simulated samples of the worst registered
law (Gaussian, k = 1, at both of the contract's sizes) no mean and no mean squared error lay outside, so that a correct estimator
fails for fewer than one seed in 10,000. An estimate that is too long by 1.6 or too short by 0.6 is found.
"""

import math

import torch
from torch import Tensor, nn

from benchmarks.contract.clause import Clause, Examination, Observation, Sample, failed, omitted, passed, tolerance
from benchmarks.contract.objectives import ContractObjective

ABOVE, BELOW = 5.0, 10.0  # standard errors
DIRECTIONS = 3


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Compare the mean estimate with the gradient: along it, along random directions, and as a whole."""
    objective = case.make(examination.device).objective
    declaration = examination.declaration(objective)
    if not declaration.unbiased or not case.draws:
        return omitted("not declared" if case.draws else "not linear")
    sample = examination.sample(case)
    slack = tolerance(objective)
    comparisons = {name: _z(sample, direction, slack) for name, direction in _directions(sample.gradient).items()}
    comparisons["overall"] = _overall(sample, declaration.relative_error, slack)
    worst = max(comparisons, key=lambda name: abs(comparisons[name]))
    text = f"{comparisons[worst]:+.1f} standard errors {worst}, {len(sample.estimates)} draws"
    return passed(text) if all(map(_within, comparisons.values())) else failed(text)


def look_at_error(examination: Examination, case: ContractObjective) -> Observation:
    """Compare the mean of ‖estimate - g‖² / ‖g‖² with the declared value."""
    objective = case.make(examination.device).objective
    declared = examination.declaration(objective).relative_error
    if declared is None or not case.draws:
        return omitted("not declared" if case.draws else "not linear")
    sample = examination.sample(case)
    errors = (sample.estimates - sample.gradient).square().sum(1) / sample.gradient.square().sum()
    mean, standard_error = _mean(errors)
    z = _beyond(mean - declared, tolerance(objective) * (1 + declared), standard_error)
    text = f"{mean:.4g} ± {standard_error:.2g} against {declared:.4g} declared, {len(errors)} draws"
    return passed(text) if _within(z) else failed(text)


def _directions(gradient: Tensor) -> dict[str, Tensor]:
    """Unit vectors to look along: the gradient, and a few random ones, always the same, within 90 degrees of it."""
    drawn = torch.randn(DIRECTIONS, len(gradient), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    named = {"along the gradient": gradient}
    named |= {f"along random direction {number + 1}": row for number, row in enumerate(drawn)}
    return {name: _toward(gradient, direction) for name, direction in named.items()}


def _toward(gradient: Tensor, direction: Tensor) -> Tensor:
    """The unit vector along the direction or against it, whichever is nearer to the gradient."""
    return nn.functional.normalize(direction if direction @ gradient >= 0 else -direction, dim=0)


def _z(sample: Sample, direction: Tensor, slack: float) -> float:
    """Distance of the mean from the truth along a direction, in standard errors, rounding taken off."""
    mean, standard_error = _mean(sample.estimates @ direction)
    return _beyond(mean - float(sample.gradient @ direction), slack * float(sample.gradient.norm()), standard_error)


def _overall(sample: Sample, declared: float | None, slack: float) -> float:
    """Length of the mean's error in units of √(E‖estimate - g‖² / draws), rounding taken off.

    If all of the variance lay in one direction this would be a standard normal number; spread out, it is nearer to 1.
    """
    norm = float(sample.gradient.norm())
    total = float((sample.estimates - sample.gradient).square().sum(1).mean()) if declared is None else declared * norm**2
    length = float((sample.estimates.mean(0) - sample.gradient).norm())
    return _beyond(length, slack * norm, math.sqrt(total / len(sample.estimates)))


def _beyond(difference: float, slack: float, unit: float) -> float:
    excess = math.copysign(max(0.0, abs(difference) - slack), difference)
    if not math.isfinite(excess):
        return math.inf
    return excess / unit if unit else math.copysign(math.inf, excess) if excess else 0.0


def _within(z: float) -> bool:
    return -BELOW <= z <= ABOVE


def _mean(values: Tensor) -> tuple[float, float]:
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


CLAUSE = Clause("unbiased", "where declared, the mean estimate is the gradient, within bounds from the declared variance", look)
ERROR = Clause("relative-error", "the mean of ‖estimate - g‖² / ‖g‖² is as declared", look_at_error)
