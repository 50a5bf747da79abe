"""Directional derivatives from one evaluation each."""

from dataclasses import dataclass

import torch

from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.derivatives.moved import Moved
from estimators.directional.space import Space, Tangents
from estimators.objective import Objective


@dataclass(frozen=True)
class OneMeasurement(Derivative):
    """f(x + h v) / h: the derivative plus f(x)/h, which is the same for v and -v and so cancels on average, not in one estimate.

    With tangents that are as likely as their negatives the mean estimate errs by O(h²) only, as with central differences; the
    variance is larger by (f/h)² E‖v‖², even on a linear function. One forward pass a tangent. The loss reported is their mean.
    Source: Spall 1997, doi 10.1016/S0005-1098(96)00149-5.

    Args:
        step: h, positive; a larger one lowers the variance and raises the error.
    """

    step: float = 1e-3

    exact = False
    exact_on_linear = False

    def __post_init__(self) -> None:
        """Check the bound."""
        if not self.step > 0:
            raise ValueError(f"step must be positive, got {self.step}")

    @torch.no_grad()
    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        """See `Derivative.take`."""
        moved = Moved(space, objective, tangents)
        values = torch.stack([moved.loss(i, self.step) for i in range(len(moved))])
        return Derivatives(values.mean(0), values / self.step)

    def forward_multiple(self, k: int) -> float:
        """One a tangent."""
        return float(k)

    def forward_calls(self, k: int) -> int:
        """One a tangent."""
        return k
