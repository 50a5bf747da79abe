"""Directional derivatives from a known gradient, for studies of quality; never for cost."""

from dataclasses import dataclass

import torch

from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.space import Space, Tangents
from estimators.objective import Objective


@dataclass(frozen=True)
class Simulated(Derivative):
    """⟨g, v⟩ as a dot product with the exact gradient: the same numbers as `jvp` up to rounding, at the price of a dot product.

    The gradient comes from the objective where it was handed in (`WithKnownGradient`), else from one backward pass a call.
    """

    exact = True
    exact_on_quadratic = True
    simulated = True

    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        """See `Derivative.take`."""
        loss, gradient = space.gradient(objective)
        values = [space.product(rows, gradient[name]) for name, rows in tangents.items()]
        if len(values) == 1:  # the sum already: adding it up would cost as much again as a short product
            return Derivatives(loss, values[0])
        return Derivatives(loss, torch.stack([value.to(values[0].dtype) for value in values]).sum(0))

    def way(self, space: Space, objective: Objective, k: int) -> str:
        """See `Derivative.way`."""
        return "products with the gradient"

    def forward_multiple(self, k: int) -> None:
        """No cost of a method that could be used."""
        return

    def forward_calls(self, k: int) -> int:
        """One, where the gradient was not handed in."""
        return 1
