"""Directions within one parameter tensor."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from estimators.directional.directions import Directions
from estimators.directional.space import Block, Layout, Tangents
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class OneBlock(Directions):
    """Gaussian on one of the B tensors, drawn uniformly, times √B; zero on the others: E[v vᵀ] = I.

    E‖⟨g, v⟩ v‖² = B Σ (n_b + 2) ‖g_b‖² over the tensors b: less than the Gaussian's (n + 2) ‖g‖² where the gradient lies in the
    small ones, and more where it lies in the large ones. Source: block-wise perturbation, Zhang et al. 2024, arXiv 2402.11592.
    """

    law = "block"

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; draws no numbers for the other tensors."""
        choice = (Block("choice", (), torch.float64, layout[0].device),)
        shares = stream.uniform(choice, indices)["choice"].tolist()
        tangents = {b.name: torch.zeros((len(indices), *b.shape), dtype=b.dtype, device=b.device) for b in layout}
        for row, index in enumerate(indices):
            block = layout[int(shares[row] * len(layout))]
            numbers = stream.lane(1).normal((block,), [index])[block.name]
            tangents[block.name][row] = numbers[0].mul_(len(layout) ** 0.5)
        return tangents
