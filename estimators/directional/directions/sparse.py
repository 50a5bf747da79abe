"""Sparse directions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Sparse(Directions):
    """Independent entries +1/√p or -1/√p with probability p, else 0: E[v vᵀ] = I, and E‖⟨g, v⟩ v‖² = (n - 1 + 1/p) ‖g‖².

    The least of all laws with independent entries of this density; p = 1 is Rademacher's. The tensors themselves are dense.
    Source: ZO with masks, Liu et al. 2024, arXiv 2402.15751; unlike there the mask is random, which leaves no bias.

    Args:
        density: p, above 0 and at most 1.
    """

    density: float = 0.1

    law = "sparse"
    blockwise = True
    entrywise = True

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 < self.density <= 1:
            raise ValueError(f"density must be above 0 and at most 1, got {self.density}")

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """See `Directions.parameters`."""
        return (("density", self.density),)

    def largest(self) -> float:
        """1/√p, with room for its rounding; see `Directions.largest`."""
        return max(super().largest(), 2 / math.sqrt(self.density))

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; a tangent's mask exists in small parts only."""
        tangents, masks = stream.signs(layout, indices), stream.lane(1)
        for row, index in enumerate(indices):
            if row and index == indices[row - 1]:
                for rows in tangents.values():
                    rows[row].copy_(rows[row - 1])
                continue
            for block, part, kept in masks.chosen(layout, index, self.density):
                tangents[block.name][row].view(-1)[part].mul_(kept)
        for rows in tangents.values():
            rows.mul_(self.density**-0.5)
        return tangents
