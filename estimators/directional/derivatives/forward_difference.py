"""Directional derivatives by forward differences."""

from dataclasses import dataclass

import torch

from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.derivatives.moved import Moved
from estimators.directional.space import Space, Tangents
from estimators.objective import Objective


@dataclass(frozen=True)
class ForwardDifference(Derivative):
    """(f(x + h v) - f(x)) / h: error (h/2) vᵀHv, and rounding of about 2 ε |f| / h.

    One forward pass a tangent and one more for all of them. Source: Nesterov and Spokoiny 2017, doi 10.1007/s10208-015-9296-2.

    Args:
        step: h, positive.
    """

    step: float = 1e-3

    exact = False

    def __post_init__(self) -> None:
        """Check the bound."""
        if not self.step > 0:
            raise ValueError(f"step must be positive, got {self.step}")

    @torch.no_grad()
    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        """See `Derivative.take`."""
        moved = Moved(space, objective, tangents)
        loss = space.loss(objective, moved.point)
        values = [(moved.loss(i, self.step) - loss) / self.step for i in range(len(moved))]
        return Derivatives(loss, torch.stack(values))

    def with_step(self, factor: float) -> "ForwardDifference":
        """See `Derivative.with_step`."""
        return ForwardDifference(self.step * factor)

    def forward_multiple(self, k: int) -> float:
        """One a tangent and one for the point."""
        return 1.0 + k

    def forward_calls(self, k: int) -> int:
        """One a tangent and one for the point."""
        return 1 + k
