"""Directions of which the first are handed in and the others drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents, dimension, norms
from estimators.directional.streams import Stream


@dataclass(frozen=True, eq=False)
class Led(Directions):
    """Tangents 0 ... s-1 along vectors of one's own, brought to length √n, which is that of most laws; the others as drawn.

    Tangent i beyond them is what `drawn` gives for the index i. A vector that is zero stays zero.

    Args:
        vectors: block name -> [s, *shape].
        drawn: the law of the others.
    """

    vectors: Tangents
    drawn: Directions

    law = "led"
    symmetric = False

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; draws no numbers in the places of the vectors."""
        count = len(next(iter(self.vectors.values())))
        ahead = [(row, index) for row, index in enumerate(indices) if index < count]
        behind = [(row, index) for row, index in enumerate(indices) if index >= count]
        drawn = self.drawn.draw(layout, [index for _, index in behind], stream) if behind else {}
        tangents = {b.name: torch.empty((len(indices), *b.shape), dtype=b.dtype, device=b.device) for b in layout}
        lengths = norms(self.vectors)
        factors = dimension(layout) ** 0.5 / lengths.where(lengths > 0, 1)
        for name, rows in tangents.items():
            vectors = self.vectors[name]
            for row, index in ahead:
                rows[row] = vectors[index].to(factors.dtype) * factors[index]
            if behind:
                rows[[row for row, _ in behind]] = drawn[name]
        return tangents
