"""Directions within one parameter tensor."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.space import Block, Layout, Tangents
from estimators.directional.streams import Keyed, Stream


@dataclass(frozen=True)
class OneBlock(Directions):
    """Gaussian on one of the B tensors, drawn uniformly, times √B; zero on the others: E[v vᵀ] = I.

    E‖⟨g, v⟩ v‖² = B Σ (n_b + 2) ‖g_b‖² over the tensors b: less than the Gaussian's (n + 2) ‖g‖² where the gradient lies in the
    small ones, and more where it lies in the large ones. Source: block-wise perturbation, Zhang et al. 2024, arXiv 2402.11592.
    """

    law = "block"
    blockwise = True
    partial = True

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; draws no numbers for the other tensors."""
        tangents = {b.name: torch.zeros((len(indices), *b.shape), dtype=b.dtype, device=b.device) for b in layout}
        for row, index in enumerate(indices):
            block = layout[_chosen(layout, index, stream)]
            tangents[block.name][row] = _drawn(layout, block, index, stream)
        return tangents

    def touched(self, layout: Layout, index: int, stream: Keyed) -> Sequence[int]:
        """See `Directions.touched`."""
        return (_chosen(layout, index, stream),)

    def draw_block(self, layout: Layout, position: int, index: int, stream: Keyed, starts: Sequence[int]) -> Tensor:
        """See `Directions.draw_block`."""
        return _drawn(layout, layout[position], index, stream)


def _chosen(layout: Layout, index: int, stream: Stream) -> int:
    choice = (Block("choice", (), torch.float64, layout[0].device),)
    return int(float(stream.uniform(choice, [index])["choice"][0]) * len(layout))


def _drawn(layout: Layout, block: Block, index: int, stream: Stream) -> Tensor:
    return stream.lane(1).normal((block,), [index])[block.name][0].mul_(len(layout) ** 0.5)
