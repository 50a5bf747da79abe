"""The step size that is best for all estimates alike: where the mean of the loss over the draws is least.

At a = argmin of mean φ the mean slope is zero, so a lies from its expectation about as far as the mean of -φ'(a) / mean φ''(a)
over as many draws does (delta method): its interval is over these. Slope and curvature are differences over a tenth of the step
to both sides, exact on quadratics.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from benchmarks.harness.draws import Array
from benchmarks.harness.line_search import Lowest, lowest
from benchmarks.harness.rays import Rays
from benchmarks.statistics import Interval, mean_interval

NEAR = 0.1
"""Of the step: so far to both sides the slope is taken."""


@dataclass
class Drawn:
    """Estimates of one gradient, as they come.

    Attributes:
        loss: f(θ).
        directions: each [n], in the parameters' type.
        falls: ⟨g, e⟩ of each.
        squares: ‖e‖² of each.
        own: the best step of each alone.
    """

    loss: float
    directions: list[Tensor] = field(default_factory=list)
    falls: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)
    own: list[Lowest] = field(default_factory=list)

    def add(self, direction: Tensor, fall: float, squared: float, own: Lowest) -> None:
        """Keep one."""
        self.directions.append(direction)
        self.falls.append(fall)
        self.squares.append(squared)
        self.own.append(own)

    def __len__(self) -> int:
        return len(self.own)

    @property
    def fall(self) -> Array:
        """[N], ⟨g, e⟩."""
        return np.array(self.falls)

    @property
    def steps(self) -> Sequence[float]:
        """[N], the step that is best for each alone."""
        return [found.step for found in self.own]

    @property
    def decrease(self) -> Array:
        """[N], by how much the loss falls with it."""
        return np.array([self.loss - found.value for found in self.own])


@dataclass(frozen=True)
class Common:
    """The step that is best for all draws alike.

    Attributes:
        lowest: of the mean loss over the draws.
        steps: [N] values whose mean is that step, and whose spread gives its standard error; None where the mean loss has no
            minimum at a positive step.
        decrease: [N], by how much the loss falls with it.
    """

    lowest: Lowest
    steps: Array | None
    decrease: Array

    @property
    def rate(self) -> Interval:
        """The step, with its interval."""
        return Interval(self.lowest.step) if self.steps is None else mean_interval(self.steps)

    @property
    def expected_decrease(self) -> Interval:
        """By how much the loss falls on average; no interval where no step lowers it, since the draws then do not tell."""
        return mean_interval(self.decrease) if self.lowest.step else Interval(0.0)


def in_common(rays: Rays, draws: Drawn) -> Common:
    """Search for the step that makes the mean loss least.

    Args:
        rays: from the point.
        draws: one or more.
    """

    def losses(step: float) -> Array:
        return np.array([rays.at(direction, step) for direction in draws.directions])

    fall = float(draws.fall.mean())
    guess = rays.guess(fall, float(np.mean(draws.squares)))
    best = lowest(lambda step: float(losses(step).mean()), rays.loss, fall, guess, rays.epsilon)
    if not best.step:
        return Common(best, None, np.zeros(len(draws)))
    reach = NEAR * best.step
    below, at, above = (losses(best.step + side * reach) for side in (-1, 0, 1))
    slope, curvature = (above - below) / (2 * reach), float((above - 2 * at + below).mean()) / reach**2
    known = best.bounded and 0 < curvature < np.inf
    return Common(best, best.step - (slope - slope.mean()) / curvature if known else None, rays.loss - at)
