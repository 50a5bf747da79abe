"""Gaussian directions."""

from collections.abc import Sequence
from dataclasses import dataclass

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Gaussian(Directions):
    """Independent N(0, 1) entries: E[v vᵀ] = I, and E‖⟨g, v⟩ v‖² = (n + 2) ‖g‖² (Baydin et al. 2022, section 3)."""

    law = "gaussian"
    isotropic = True
    blockwise = True
    entrywise = True

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`."""
        return stream.normal(layout, indices)
