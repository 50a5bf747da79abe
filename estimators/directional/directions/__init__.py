"""Directions: the laws that tangents are drawn from."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor

from estimators.directional.space import Block, Layout, Tangents
from estimators.directional.streams import Keyed, Stream
from estimators.estimator import Factors


class Directions(ABC):
    """A law of tangents.

    Attributes:
        law: its name in `estimators.theory`.
        random: whether it draws from the stream at all.
        symmetric: whether the tangents of one estimate are together as likely as their negatives.
        isotropic: whether the law is the same in every rotated system of coordinates.
        independent: whether the tangents of one estimate are independent of each other, or orthogonal.
        apart: whether a few tangents can be drawn without all those before them.
        blockwise: whether a block of a tangent depends on no numbers but its own, and so can be drawn alone, and again.
        entrywise: whether all entries are independent and of one law, so that a tangent over several vectors is one of each.
        partial: whether a tangent leaves blocks zero, so that what it costs depends on which.
    """

    law: ClassVar[str]
    random: ClassVar[bool] = True
    symmetric: ClassVar[bool] = True
    isotropic: ClassVar[bool] = False
    independent: ClassVar[bool] = True
    apart: ClassVar[bool] = True
    blockwise: ClassVar[bool] = False
    entrywise: ClassVar[bool] = False
    partial: ClassVar[bool] = False

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """The numbers that the law depends on, by name, for `estimators.theory`."""
        return ()

    def largest(self) -> float:
        """What no entry of a tangent exceeds: normal numbers, and products of two, stay far below."""
        return 100.0

    def streams(self, block: Block) -> int:
        """How many streams of one lane, one after another, `draw` takes for this block of a tangent."""
        return 1

    def touched(self, layout: Layout, index: int, stream: Keyed) -> Sequence[int]:
        """The positions of the blocks in which a tangent is not zero."""
        return range(len(layout))

    def draw_block(self, layout: Layout, position: int, index: int, stream: Keyed, starts: Sequence[int]) -> Tensor:
        """One block of one tangent as `draw` gives it, the caller's own; for a blockwise law, and a block that is touched.

        Args:
            layout: the n coordinates, block by block.
            position: of the block.
            index: of the tangent.
            stream: the random numbers of this estimate.
            starts: the number of streams that a tangent takes before each block, and for all of them.
        """
        block = layout[position]
        return self.draw((block,), [0], stream.at(index * starts[-1] + starts[position]))[block.name][0]

    def products(self, k: int) -> float:
        """Multiplications for each coordinate, as matrix products, that drawing k tangents takes."""
        return 0.0

    def highest_rank(self) -> int | None:
        """The highest rank of a tangent on any matrix; None where it may be full."""
        return None

    def thin(self, block: Block) -> int:
        """How many columns the factors have whose product this block is; 0 where it is none, or they have no fewer numbers."""
        return 0

    def factors(self, block: Block, indices: Sequence[int], stream: Keyed) -> Factors:
        """The block of some tangents as thin factors, of the block's dtype: their products are what `draw` gives.

        Returns:
            [k, rows, r], the caller's own, and [k, columns, r], or [columns, r] where it is the same for all.

        Raises:
            ValueError: it is no product of such.
        """
        raise ValueError(f"tangents of the law {self.law!r} are no products of factors at {block.name!r}")

    @abstractmethod
    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """The tangents of these global indices.

        Args:
            layout: the n coordinates, block by block.
            indices: which tangents; a tangent does not depend on which others are drawn with it.
            stream: the random numbers of this estimate.

        Returns:
            Block name -> [len(indices), *shape], contiguous and the caller's own.
        """
