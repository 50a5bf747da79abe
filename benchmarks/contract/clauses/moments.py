"""The declared mean and mean squared error, on objectives that are linear, over a number of draws fixed beforehand.

Bounds are in standard errors taken from the draws themselves (not smaller than the declared error makes likely), and wider below
than above: the estimates' distributions have a heavy upper tail, and draws that miss it give a low mean with a small spread. A
comparison outside is made once more with new draws, and only what lies outside twice counts. The law of an estimate is not known
here, so `ONCE` is a bound taken from simulation, far above what was seen: of 780,000 comparisons in 60,000 samples of Gaussian
directions with k = 1, at both of the contract's sizes, none lay outside. An estimate along signs that is twice or half as long
as it should be is found.

A spread that grows with the error hides an error ten times the declared one in a small sample. So the mean error is also bet
against: a stake that each draw multiplies by 1 + b (error / declared - 1) does not grow on average as long as the declared mean
holds, whatever the law, and reaches S times itself with probability 1/S at most (Ville 1939; Waudby-Smith and Ramdas 2024,
arXiv 2010.09686).

Where hardly any estimate is not zero (very sparse tangents in few dimensions) the mean error rests on chance and is not
looked at.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, omitted, passed
from benchmarks.contract.comparing import tolerance
from benchmarks.contract.examination import Examination, Sample
from benchmarks.contract.objectives import ContractObjective

ABOVE, BELOW = 5.0, 10.0  # standard errors
RANDOM_DIRECTIONS = 3
ENOUGH = 30  # estimates other than zero, for a mean error

Found = tuple[dict[str, float], list[str]]

BETS = (0.03, 0.1, 0.3, 0.9)
"""b: shares of the stake, in equal parts, that are bet on errors above the declared mean."""

ONCE = 1e-3
"""Bound on the probability that one comparison of a correct estimator lies outside."""


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Compare the mean estimate with the gradient: along it, along random directions and coordinates, and as a whole."""
    objective = case.make(examination.device).objective
    declaration = examination.declaration(objective)
    if not declaration.unbiased:
        return omitted("not declared")
    if not case.draws:
        return inapplicable("not linear")
    error, slack = 0.0 if declaration.exact else declaration.relative_error, tolerance(objective)
    first, outside = _outside(examination, case, lambda sample: departures(sample, error, slack))
    worst = max(outside or first, key=lambda name: abs(first[name]))
    text = f"{first[worst]:+.1f} standard errors {worst}, {len(examination.sample(case).estimates)} draws"
    return failed(text) if outside else passed(text)


def look_at_error(examination: Examination, case: ContractObjective) -> Observation:
    """Compare the mean of ‖estimate - g‖² / ‖g‖² with the declared value."""
    objective = case.make(examination.device).objective
    declared = examination.declaration(objective).relative_error
    if declared is None:
        return omitted("not declared")
    if not case.draws:
        return inapplicable("not linear")
    estimates = examination.sample(case).estimates
    telling = int(estimates.any(dim=1).sum())
    if telling < min(ENOUGH, len(estimates)):
        return inapplicable(f"only {telling} of {len(estimates)} estimates are not zero")
    slack = tolerance(objective) * (1 + declared)
    _, outside = _outside(examination, case, lambda sample: excesses(sample, declared, slack))
    errors = _errors(examination.sample(case))
    mean, standard_error = _mean(errors)
    text = f"{float(mean):.4g} ± {float(standard_error):.2g} of {declared:.4g} declared, {len(errors)} draws"
    return failed(text) if outside else passed(text)


def excesses(sample: Sample, declared: float, slack: float) -> dict[str, float]:
    """How far the mean error lies from the declared one: in standard errors of the sample, and by what a bet against it wins.

    Each is outside with probability ONCE/2 at most.

    Args:
        sample: the estimates.
        declared: E‖estimate - g‖² / ‖g‖².
        slack: what counts as rounding, relative to ‖g‖².
    """
    mean, standard_error = _mean(_errors(sample))
    won = winnings(_errors(sample) / (declared + slack)) >= math.log(2 / ONCE)
    return {"error": _beyond(float(mean) - declared, slack, float(standard_error)), "bet": math.inf if won else 0.0}


def winnings(ratios: Tensor) -> float:
    """Log of what a stake of 1 becomes that is bet on a mean above 1; log S or more with probability 1/S at most where it is not.

    Args:
        ratios: draws that are 0 or more, [draws].
    """
    logs = torch.log1p(torch.tensor(BETS, dtype=ratios.dtype)[:, None] * (ratios - 1)).sum(1)
    return float(logs.logsumexp(0)) - math.log(len(BETS))


def departures(sample: Sample, declared: float | None, slack: float) -> dict[str, float]:
    """How far the mean estimate lies from the gradient, in standard errors, with rounding taken off; name -> number.

    Args:
        sample: the estimates.
        declared: E‖estimate - g‖² / ‖g‖², or None.
        slack: what counts as rounding, relative to the gradient.
    """
    n, norm, draws = len(sample.gradient), float(sample.gradient.norm()), len(sample.estimates)
    names, directions = _directions(sample.gradient)
    means, errors = _mean(sample.estimates @ directions.T)
    if declared is not None:  # at least an equal share of the declared error for each coordinate; none where none is declared
        errors = errors.clamp(min=norm * math.sqrt(declared / (n * draws))) * bool(declared)
    truths = directions @ sample.gradient
    found = {
        name: _beyond(float(mean - truth), slack * norm, float(error))
        for name, mean, truth, error in zip(names, means, truths, errors, strict=True)
    }
    total = float(_errors(sample).mean()) if declared is None else declared
    length = float((sample.estimates.mean(0) - sample.gradient).norm())
    # if all of the variance lay in one direction this would be a standard normal number; spread out, it is nearer to 1
    return {**found, "overall": _beyond(length, slack * norm, norm * math.sqrt(total / draws))}


def false_alarm(case: ContractObjective) -> float:
    """For `look`: twice outside, for each of the comparisons."""
    if not case.draws:
        return 0.0
    coordinates = case.make(torch.device("cpu")).objective.coordinates()
    return (1 + RANDOM_DIRECTIONS + coordinates + 1) * ONCE**2


def _outside(examination: Examination, case: ContractObjective, compare: Callable[[Sample], dict[str, float]]) -> Found:
    """The comparisons of one sample, and the names of those that lie outside in it and in another one."""
    first = compare(examination.sample(case))
    outside = [name for name, z in first.items() if not within(z)]
    if outside:
        second = compare(examination.sample(case, again=True))
        outside = [name for name in outside if not within(second[name])]
    return first, outside


def _directions(gradient: Tensor) -> tuple[list[str], Tensor]:
    """Unit vectors to look along, within 90 degrees of the gradient: itself, a few random ones, the coordinates; [m, n]."""
    n = len(gradient)
    drawn = torch.randn(RANDOM_DIRECTIONS, n, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = nn.functional.normalize(torch.cat([gradient[None], drawn, torch.eye(n, dtype=torch.float64)]), dim=1)
    names = ["along the gradient", *(f"along random direction {number + 1}" for number in range(RANDOM_DIRECTIONS))]
    names += [f"along coordinate {number}" for number in range(n)]
    return names, torch.where((rows @ gradient >= 0)[:, None], rows, -rows)


def _errors(sample: Sample) -> Tensor:
    return (sample.estimates - sample.gradient).square().sum(1) / sample.gradient.square().sum()


def _beyond(difference: float, slack: float, unit: float) -> float:
    excess = math.copysign(max(0.0, abs(difference) - slack), difference)
    if not math.isfinite(excess):
        return math.inf
    return excess / unit if unit else math.copysign(math.inf, excess) if excess else 0.0


def within(z: float) -> bool:
    """Whether a comparison speaks for the declaration."""
    return -BELOW <= z <= ABOVE


def _mean(values: Tensor) -> tuple[Tensor, Tensor]:
    """Means and standard errors over the first dimension."""
    return values.mean(0), values.std(0) / math.sqrt(len(values))


CLAUSE = Clause(
    "unbiased", "where declared, the mean estimate is the gradient, within bounds from the declared variance", look, false_alarm
)
ERROR = Clause(
    "relative-error",
    "the mean of ‖estimate - g‖² / ‖g‖² is as declared",
    look_at_error,
    lambda case: ONCE**2 if case.draws else 0.0,
)
