"""Directions at an angle to the first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents, column, dimension, matrix, resize
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Angle(Directions):
    """Unit vectors, the first uniform on the sphere, all others at one angle a to it: vᵢ = cos a v₀ + sin a wᵢ.

    The wᵢ are independent and uniform on the unit sphere of what is orthogonal to v₀. E[v vᵀ] = I/n for every angle, so n times
    the mean of d v is unbiased; the projection does not depend on the angle unless it is 0, where all tangents are one. In one
    dimension nothing is orthogonal to v₀, and all tangents are v₀ too. Tangent i follows from the streams of 0 and i.
    Source: Flügel et al. 2024, arXiv 2410.17764, section 4.3.

    Args:
        degrees: a, from 0 to 90.
    """

    degrees: float = 45.0

    law = "angle"
    isotropic = True
    independent = False

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 <= self.degrees <= 90:
            raise ValueError(f"degrees must be from 0 to 90, got {self.degrees}")

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """See `Directions.parameters`."""
        return (("degrees", self.degrees),)

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; draws the first tangent with whatever is asked for."""
        turn = math.radians(self.degrees) if dimension(layout) > 1 else 0.0
        turned = torch.tensor([index > 0 for index in indices], dtype=torch.float64, device=layout[0].device)
        first = resize(stream.normal(layout, [0]), 1)
        tangents = resize(_rejected(stream.normal(layout, indices), first), 1)
        for name, rows in tangents.items():
            wide = torch.promote_types(rows.dtype, torch.float32)  # and no wider: torch would copy the rows into float64
            rows.mul_(column((turned * math.sin(turn)).to(wide), rows))
            rows.addcmul_(first[name], column((1 + turned * (math.cos(turn) - 1)).to(rows.dtype), rows))
        return tangents


def _rejected(tangents: Tangents, first: Tangents) -> Tangents:
    """The tangents less their parts along a unit vector, in place."""
    parts = [(matrix(rows) @ first[name].flatten()).double() for name, rows in tangents.items()]
    along = torch.stack(parts).sum(0)
    for name, rows in tangents.items():
        rows.addcmul_(first[name], column(along.to(rows.dtype), rows), value=-1)
    return tangents
