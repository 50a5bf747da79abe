"""Standard basis directions."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Basis(Directions):
    """Tangent i is the i-th unit vector; those beyond n are zero. With k = n their sum of d v is the gradient (forward mode)."""

    law = "basis"
    random = False
    symmetric = False

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`."""
        tangents, start = {}, 0
        for block in layout:
            rows = torch.zeros((len(indices), block.numel()), dtype=block.dtype, device=block.device)
            inside = [(row, index - start) for row, index in enumerate(indices) if 0 <= index - start < block.numel()]
            if inside:
                places = torch.tensor(inside, device=block.device)
                rows[places[:, 0], places[:, 1]] = 1
            tangents[block.name] = rows.view(len(indices), *block.shape)
            start += block.numel()
        return tangents
