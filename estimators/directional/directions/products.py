"""What the laws have in common whose tangents are products of thin factors on every matrix, and Gaussian on the rest."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.space import Block, Layout, Tangents
from estimators.directional.streams import Keyed, Stream
from estimators.estimator import Factors


class Products(Directions):
    """A product of [rows, r] and [r, columns] on every matrix, Gaussian on vectors and scalars.

    A tensor of more dimensions is the matrix of its first dimension against all others. `draw` forms the products; who draws
    lazily may ask for `factors` instead.

    Attributes:
        rank: r, 1 or more.
    """

    rank: int
    blockwise = True

    @abstractmethod
    def numbers(self, block: Block) -> tuple[Block, ...]:
        """What is drawn for a tangent of a matrix: normal numbers in these shapes."""

    @abstractmethod
    def made(self, block: Block, numbers: Sequence[Tensor]) -> Factors:
        """The factors of a matrix.

        Args:
            block: the matrix.
            numbers: of `numbers`, [k, ...] for k tangents.

        Returns:
            [k, rows, r], new, and [k, columns, r], or [columns, r] where it is the same for all.
        """

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """See `Directions.parameters`."""
        return (("rank", self.rank),)

    def highest_rank(self) -> int:
        """See `Directions.highest_rank`."""
        return self.rank

    def streams(self, block: Block) -> int:
        """One for each tensor of numbers; see `Directions.streams`."""
        return len(self._parts(block))

    def width(self, block: Block) -> int:
        """How many columns the factors of a matrix have."""
        return self.rank

    def mixed(self, block: Block) -> int:
        """Multiplications that make a matrix's factors of its numbers."""
        return 0

    def thin(self, block: Block) -> int:
        """See `Directions.thin`."""
        return self.width(block) if len(block.shape) > 1 and self.width(block) * sum(sides(block)) < block.numel() else 0

    def factors(self, block: Block, indices: Sequence[int], stream: Keyed) -> Factors:
        """See `Directions.factors`."""
        if not self.thin(block):
            return super().factors(block, indices, stream)
        left, right = self.made(block, list(stream.normal(self._parts(block), indices).values()))
        return Factors(left.to(block.dtype), right.to(block.dtype))

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; numbers are drawn in float32 at least."""
        drawn = stream.normal(tuple(part for block in layout for part in self._parts(block)), indices)
        return {block.name: self._formed(block, [drawn[part.name] for part in self._parts(block)]) for block in layout}

    def _parts(self, block: Block) -> tuple[Block, ...]:
        return self.numbers(block) if len(block.shape) > 1 else (block,)

    def _formed(self, block: Block, drawn: list[Tensor]) -> Tensor:
        if len(block.shape) < 2:
            return drawn[0]
        left, right = self.made(block, drawn)
        return (left @ right.mT).view(len(drawn[0]), *block.shape).to(block.dtype)


def sides(block: Block) -> tuple[int, int]:
    """Rows and columns of a matrix, or of a tensor of more dimensions that counts as one."""
    return block.shape[0], torch.Size(block.shape[1:]).numel()


def part_of(block: Block, name: str, *shape: int) -> Block:
    """Numbers that a tangent of this block is made of, of its dtype or float32 if that is wider."""
    return replace(block, name=f"{block.name} {name}", shape=shape, dtype=torch.promote_types(block.dtype, torch.float32))
