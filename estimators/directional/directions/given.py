"""Directions handed in."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents, dimension
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Given(Directions):
    """Vectors of the user's own.

    Args:
        vectors: at least k tuples of n numbers, in the order of the parameters' coordinates.
    """

    vectors: tuple[tuple[float, ...], ...]

    law = "given"
    random = False
    symmetric = False

    def __post_init__(self) -> None:
        """Check the shape."""
        rows = self.vectors
        if not rows or not all(isinstance(row, tuple) and len(row) == len(rows[0]) > 0 for row in rows):
            raise ValueError("vectors must be one or more tuples of equally many numbers, such as ((1,0),(0,1))")

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`.

        Raises:
            ValueError: fewer vectors than tangents, or vectors of another length than n.
        """
        if max(indices) >= len(self.vectors) or len(self.vectors[0]) != dimension(layout):
            found = f"{len(self.vectors)} of length {len(self.vectors[0])}"
            raise ValueError(f"needs {max(indices) + 1} vectors of length {dimension(layout)}, was given {found}")
        matrix = torch.tensor([self.vectors[index] for index in indices], dtype=torch.float64)
        parts = matrix.split([block.numel() for block in layout], dim=1)
        shaped = zip(layout, parts, strict=True)
        return {b.name: p.reshape(len(indices), *b.shape).to(b.device, b.dtype, copy=True) for b, p in shaped}
