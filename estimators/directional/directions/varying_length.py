"""Basis directions of random lengths."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from estimators.directional.directions import Directions
from estimators.directional.directions.basis import Basis
from estimators.directional.space import Block, Layout, Tangents, column, dimension
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class VaryingLength(Directions):
    """Distinct standard basis vectors in random order, of independent lengths uniform on [1, longest].

    After n of them a new, independent order begins. E[v vᵀ] = E[length²]/n I, so the mean of d v is biased by the lengths; the
    projection is the gradient on the coordinates that were drawn. Source: Flügel et al. 2024, arXiv 2410.17764, its code.

    Args:
        longest: 1 or more.
    """

    longest: float = 10.0

    law = "varying-length"
    symmetric = False

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 1 <= self.longest < float("inf"):
            raise ValueError(f"longest must be 1 or more, got {self.longest}")

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """See `Directions.parameters`."""
        return (("longest", self.longest),)

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; finds the order of all n for whatever is asked for."""
        n, device = dimension(layout), layout[0].device
        sets = sorted({index // n for index in indices})
        keys = stream.lane(1).uniform((Block("order", (n,), torch.float64, device),), sets)["order"]
        orders = keys.argsort(dim=1, stable=True)
        places = orders[[sets.index(index // n) for index in indices], [index % n for index in indices]].tolist()
        del keys, orders  # four times as many bytes as a tangent
        shares = stream.uniform((Block("length", (), torch.float64, device),), indices)["length"]
        tangents = Basis().draw(layout, places, stream)
        for rows in tangents.values():
            wide = torch.promote_types(rows.dtype, torch.float32)  # and no wider: torch would copy the rows into float64
            rows.mul_(column((1 + (self.longest - 1) * shares).to(wide), rows))
        return tangents
