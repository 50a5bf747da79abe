"""Tangents guided by the span of past estimates."""

from dataclasses import dataclass, replace

from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.directions.covariance import Spread
from estimators.directional.guides import Guide
from estimators.directional.space import Layout
from estimators.estimator import Declaration, Estimate, Shapes
from estimators.objective import Objective

Memory = tuple[dict[str, Tensor], ...]
"""The last estimates, the latest at the end."""


@dataclass(frozen=True)
class Past(Guide):
    """Tangents spread over all coordinates and over the span U of the last s estimates: covariance a I + (1-a) (n/s) U Uᵀ.

    E estimate = a g + (1-a) (n/s) U Uᵀ g for the mean: what lies along the past is taken n/s times as much, so the direction is
    better and the estimate biased, unless a = 1. The moments for a given share of g in the span are closed forms
    (`estimators.theory.spread`). The first estimate has no past and is that of the other law alone; until there are s estimates,
    those there are span U. Source: Maheswaranathan et al. 2018, arXiv 1806.10230.

    Args:
        alpha: a, from 0 (the past alone) to 1 (plain evolution strategies).
        size: s, 1 or more.
    """

    alpha: float = 0.5
    size: int = 4

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha must be from 0 to 1, got {self.alpha}")
        if self.size < 1:
            raise ValueError(f"size must be 1 or more, got {self.size}")

    def start(self, objective: Objective) -> Memory:
        """Nothing; see `Guide.start`."""
        return ()

    def lead(self, objective: Objective, layout: Layout, memory: Memory, drawn: Directions) -> tuple[Directions, Memory]:
        """See `Guide.lead`."""
        guided = memory and self.alpha < 1
        return Spread(memory, self.alpha, drawn) if guided else drawn, memory

    def kept(self, memory: Memory, estimate: Estimate) -> Memory:
        """See `Guide.kept`; where nothing is made of the past, none is kept."""
        if self.alpha == 1:
            return memory
        return (*memory, {name: tensor.clone() for name, tensor in estimate.items()})[-self.size :]

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """See `Guide.declared`."""
        return plain if self.alpha == 1 else replace(super().declared(plain, shapes, batch, k), memory="tangents")
