"""Rademacher directions."""

from collections.abc import Sequence
from dataclasses import dataclass

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Rademacher(Directions):
    """Independent entries +1 or -1: E[v vᵀ] = I, and E‖⟨g, v⟩ v‖² = n ‖g‖², the least of all laws with independent entries.

    Source: Belouze 2022, arXiv 2209.06302; Spall 1992 for finite differences.
    """

    law = "rademacher"
    blockwise = True
    entrywise = True

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`."""
        return stream.signs(layout, indices)
