"""KeepVaulting as it was intended: Newton's method in one dimension, along the ray of one gradient, from losses alone."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from estimators.objective import Objective
from estimators.optim.direction import Direction, norm
from estimators.optim.evaluating import EvaluatingRule
from estimators.optim.ray import Ray
from estimators.optim.rule import Parameters, Work, check_bounds

_SETTLED = 1e-3  # of t: a parabola's minimum so near to the best trial promises a millionth of what the ray gives
_MISSES = 2  # proposals in a row that did not lower the loss and end the search


class Trial(NamedTuple):
    """A point of the ray and the loss there.

    Attributes:
        t: distance from the start, in lengths of the estimate.
        loss: φ(t).
    """

    t: float
    loss: float


class KeepVaulting(EvaluatingRule):
    """θ ← θ - t d with t near the minimum of φ(t) = f(θ - t d), which parabolas through trials propose.

    The first trial is t₁ = lr. With φ(0) and the slope φ'(0) = -d·d, both known, it gives the first parabola: φ'' = 2 (φ₁ - φ₀ -
    φ'(0) t₁)/t₁², and t = -φ'(0)/φ'' where φ'' > 0, else 2 t₁. From then on the parabola goes through the three lowest trials, at
    their true distances. The best trial is where it ends; the search is over when a parabola's minimum is at the best trial
    or at another trial already, when two proposals in a row did not lower the loss, or after `max_steps` trials beyond the first.

    On a quadratic with d its gradient the second trial is exact up to rounding: one gradient and two forward passes. The slope
    -d·d holds for the gradient and for its projections; for other estimates the second trial is a guess, and the third, whose
    parabola is of losses alone, is the exact one. Losses that are no numbers count as higher than all others.

    Memory beyond the estimate's own: a copy of the parameters, none for lazy estimates (`estimators.optim.ray`). Differences of
    losses in float32 tell t to three digits or so near the minimum. Source: V. Warmerdam, More Descent, Less Gradient, koaning.io
    2020; the blog's code, which takes a loss for a slope, is in `as_published`.

    Args:
        params: see `estimators.optim.rule.Parameters`; one group.
        lr: t₁, above 0.
        max_steps: trials after the first at most, 0 or more.

    Example:
        >>> import torch
        >>> from estimators.exact import Backprop
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: 3 * (x - 2).square().sum(), torch.zeros(1, dtype=torch.float64))
        >>> rule = KeepVaulting(objective.parameters.items(), lr=0.001)
        >>> estimate, _ = Backprop().estimate(objective, None, generator=torch.Generator())
        >>> loss = rule.step(estimate, objective=objective)
        >>> print(f"{objective.parameters['x'].item():.6f}", rule.work.forwards)
        2.000000 2
    """

    def __init__(self, params: Parameters, lr: float = 0.01, max_steps: int = 20) -> None:
        check_bounds(lr=lr, max_steps=max_steps)
        if lr == 0:
            raise ValueError("lr must be above 0: it is the distance of the first trial")
        super().__init__(params, {"lr": lr, "max_steps": max_steps})

    def search(self, direction: Direction, objective: Objective) -> None:
        """See `EvaluatingRule.search`."""
        ray = Ray(direction, objective)
        best = Trial(0.0, ray.known_loss())
        slope = -sum(norm(share.part).item() ** 2 for share in direction)
        trials, t, misses = [best], float(self.options["lr"]), 0
        for number in range(self.options["max_steps"] + 1):
            ray.to(t)
            trials.append(Trial(t, ray.loss()))
            lower = trials[-1].loss < best.loss
            best = trials[-1] if lower else best
            misses = 0 if lower or number == 0 else misses + 1
            t = proposal(trials, slope)
            if misses == _MISSES or abs(t - best.t) <= _SETTLED * abs(best.t) or any(t == trial.t for trial in trials):
                break
        ray.to(best.t)
        self.work += Work(forwards=ray.forwards)


def proposal(trials: Sequence[Trial], slope: float) -> float:
    """Where to try next.

    Args:
        trials: two or more at different t, in the order they were made; the first is at 0.
        slope: φ'(0), used where there are two only.
    """
    known = sorted((trial for trial in trials if math.isfinite(trial.loss)), key=lambda trial: trial.loss)
    if not known or not math.isfinite(trials[-1].loss):
        return trials[-1].t / 2  # back to where the loss still was a number
    minimum = _from_slope(known, slope) if len(known) < 3 else _through(*sorted(known[:3]))
    if minimum is not None and math.isfinite(minimum):
        return minimum
    return 2 * known[0].t if known[0].t else min(trial.t for trial in trials if trial.t > 0) / 2


def _from_slope(known: Sequence[Trial], slope: float) -> float | None:
    """The minimum of the parabola through the start, with the slope there, and another trial; None where it has none."""
    if len(known) < 2:
        return None
    (start, before), (t, after) = sorted(known)
    curvature = 2 * (after - before - slope * t) / t**2
    return start - slope / curvature if curvature > 0 else None


def _through(first: Trial, second: Trial, third: Trial) -> float | None:
    """The minimum of the parabola through three trials; None where it has none."""
    left = (second.loss - first.loss) / (second.t - first.t)
    right = (third.loss - second.loss) / (third.t - second.t)
    curvature = 2 * (right - left) / (third.t - first.t)
    if not curvature > 0:
        return None
    return third.t - (right + curvature * (third.t - second.t) / 2) / curvature
