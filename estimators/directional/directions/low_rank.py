"""Directions of low rank."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.space import Block, Layout, Tangents
from estimators.directional.streams import Keyed, Stream
from estimators.estimator import Factors


@dataclass(frozen=True)
class LowRank(Directions):
    """A Bᵀ / √r on every matrix, with Gaussian A [rows, r] and B [columns, r]; Gaussian on vectors and scalars: E[v vᵀ] = I.

    A tensor of more dimensions is the matrix of its first dimension against all others. For one matrix
    E‖⟨g, v⟩ v‖² = (n + 2 + 2 (rows + columns + 1)/r) ‖g‖², hardly more than Gaussian, from r (rows + columns) random numbers.
    `draw` forms the products, so memory is that of dense tangents; who draws lazily may ask for `factors` instead.
    Source: Sarkar et al. 2025 (EGGROLL), arXiv 2511.16652.

    Args:
        rank: r, 1 or more.
    """

    rank: int = 1

    law = "low-rank"
    blockwise = True

    def __post_init__(self) -> None:
        """Check the bound."""
        if self.rank < 1:
            raise ValueError(f"rank must be 1 or more, got {self.rank}")

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """See `Directions.parameters`."""
        return (("rank", self.rank),)

    def streams(self, block: Block) -> int:
        """Two for a matrix, one a factor; see `Directions.streams`."""
        return len(self._parts(block))

    def thin(self, block: Block) -> int:
        """See `Directions.thin`."""
        return self.rank if sum(part.numel() for part in self._parts(block)) < block.numel() else 0

    def factors(self, block: Block, stream: Keyed) -> Factors:
        """A/√r and B; see `Directions.factors`."""
        if not self.thin(block):
            return super().factors(block, stream)
        drawn = stream.normal(self._parts(block), [0])
        left, right = (rows[0].to(block.dtype) for rows in drawn.values())
        return Factors(left.mul_(self.rank**-0.5), right)

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; factors are drawn in float32 at least."""
        numbers = stream.normal(tuple(part for block in layout for part in self._parts(block)), indices)
        return {block.name: self._formed(block, [numbers[part.name] for part in self._parts(block)]) for block in layout}

    def _parts(self, block: Block) -> tuple[Block, ...]:
        """What is drawn for a tensor: two factors for a matrix, else the tensor."""
        if len(block.shape) < 2:
            return (block,)
        dtype = torch.promote_types(block.dtype, torch.float32)
        sizes = {"rows": block.shape[0], "columns": torch.Size(block.shape[1:]).numel()}
        return tuple(
            replace(block, name=f"{block.name} {side}", shape=(size, self.rank), dtype=dtype) for side, size in sizes.items()
        )

    def _formed(self, block: Block, drawn: list[Tensor]) -> Tensor:
        if len(drawn) == 1:
            return drawn[0]
        left, right = drawn
        product = (left @ right.mT).mul_(self.rank**-0.5)
        return product.view(len(product), *block.shape).to(block.dtype)
