"""Directions on the sphere."""

from collections.abc import Sequence
from dataclasses import dataclass

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents, dimension, resize
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Sphere(Directions):
    """Uniform on the sphere of radius √n over all coordinates together: E[v vᵀ] = I, E‖⟨g, v⟩ v‖² = n ‖g‖² exactly.

    Drawn as √n x / ‖x‖ with x Gaussian. Source: Belouze 2022, arXiv 2209.06302.
    """

    law = "sphere"
    isotropic = True

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`."""
        return resize(stream.normal(layout, indices), dimension(layout) ** 0.5)
