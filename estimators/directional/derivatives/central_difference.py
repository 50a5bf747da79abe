"""Directional derivatives by central differences."""

from dataclasses import dataclass

import torch

from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.derivatives.moved import Moved
from estimators.directional.space import Space, Tangents
from estimators.objective import Objective


@dataclass(frozen=True)
class CentralDifference(Derivative):
    """(f(x + h v) - f(x - h v)) / 2h: error h² f'''/6 along v, and rounding of about ε |f| / h. Exact on quadratics.

    Two forward passes a tangent and one vector of length n besides the tangents. The loss reported is the mean of the values.
    Source: Spall 1992 (SPSA); Nesterov and Spokoiny 2017, doi 10.1007/s10208-015-9296-2.

    Args:
        step: h, positive.
    """

    step: float = 1e-3

    exact = False
    exact_on_quadratic = True

    def __post_init__(self) -> None:
        """Check the bound."""
        if not self.step > 0:
            raise ValueError(f"step must be positive, got {self.step}")

    @torch.no_grad()
    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        """See `Derivative.take`."""
        moved, h = Moved(space, objective, tangents), self.step
        values, losses = [], []
        for i in range(len(moved)):
            above, below = moved.loss(i, h), moved.loss(i, -h)
            values.append((above - below) / (2 * h))
            losses.append((above + below) / 2)
        return Derivatives(torch.stack(losses).mean(0), torch.stack(values))

    def with_step(self, factor: float) -> "CentralDifference":
        """See `Derivative.with_step`."""
        return CentralDifference(self.step * factor)

    def forward_multiple(self, k: int) -> float:
        """Two a tangent."""
        return 2.0 * k

    def forward_calls(self, k: int) -> int:
        """Two a tangent."""
        return 2 * k
