"""Tangents on the smallest weights."""

from dataclasses import dataclass, replace

from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.directions.within import Entries, Within
from estimators.directional.guides import Guide
from estimators.directional.space import Layout
from estimators.estimator import Declaration, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class SmallWeights(Guide):
    """Tangents that are zero but on the share p of every tensor's entries that are smallest in magnitude, at this very point.

    The mean estimates the gradient on these entries and is zero elsewhere: E estimate = mask * g, with the error of m = p n
    coordinates around it instead of n. Biased by what is left out; with p = 1 the law of the others. At least one entry of every
    tensor is kept. Source: Liu et al. 2024 (Sparse MeZO), arXiv 2402.15751.

    Args:
        density: p, above 0 and at most 1.
    """

    density: float = 0.25

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 < self.density <= 1:
            raise ValueError(f"density must be above 0 and at most 1, got {self.density}")

    def lead(self, objective: Objective, layout: Layout, memory: None, drawn: Directions) -> tuple[Directions, None]:
        """See `Guide.lead`."""
        if self.density == 1:
            return drawn, None
        parts = {name: Entries(self._places(parameter.detach())) for name, parameter in objective.parameters.items()}
        return Within(parts, drawn), None

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """See `Guide.declared`."""
        return plain if self.density == 1 else replace(super().declared(plain, shapes, batch, k), independent_tensors=True)

    def _places(self, values: Tensor) -> Tensor:
        count = max(1, round(self.density * values.numel()))
        return values.abs().flatten().topk(count, largest=False, sorted=False).indices.sort().values
