"""Tangents that are never held: each block is drawn when it is wanted and drawn again when it is wanted again.

A keyed stream gives the same numbers every time, so that a perturbation, a directional derivative and the estimate made of them
agree on tangents of which no more than a block exists at any moment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch
from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents, column
from estimators.directional.streams import Keyed, open_stream
from estimators.estimator import Estimate, Factors


@dataclass(frozen=True)
class Regenerated:
    """The k tangents of one estimate, the same as `directions.draw` gives from the same keyed stream, block by block.

    Attributes:
        layout: the coordinates.
        directions: the law; a blockwise one.
        k: number of tangents.
        starts: the number of streams that a tangent takes before each block, and for all of them.
        stream: of the estimate; None until there is one.
    """

    layout: Layout
    directions: Directions
    k: int
    starts: tuple[int, ...]
    stream: Keyed | None = None

    @classmethod
    def of(cls, layout: Layout, directions: Directions, k: int) -> "Regenerated":
        """Tangents of no estimate yet."""
        return cls(layout, directions, k, tuple(accumulate(map(directions.streams, layout), initial=0)))

    def opened(self, generator: torch.Generator) -> "Regenerated":
        """The tangents of the next estimate, whose seed the generator gives."""
        stream = open_stream("keyed", generator, self.k)
        assert isinstance(stream, Keyed)
        return replace(self, stream=stream)

    def block(self, position: int, index: int) -> Tensor:
        """One block of one tangent, freshly drawn and the caller's own: [*shape]."""
        return self.directions.draw_block(self.layout, position, index, self._stream(), self.starts)

    def touched(self, index: int) -> Sequence[int]:
        """The positions of the blocks that a tangent is not zero in; `block` is for these."""
        return self.directions.touched(self.layout, index, self._stream())

    def factored(self, position: int) -> bool:
        """Whether `factors` has anything to give for this block."""
        return self.directions.thin(self.layout[position]) > 0

    def factors(self, position: int, index: int) -> Factors:
        """One block of one tangent as thin factors, the left one freshly drawn and the caller's own; see `Directions.factors`."""
        left, right = self._factors(position, [index])
        return Factors(left[0], right if right.dim() == 2 else right[0])

    def all_factors(self, position: int) -> Factors:
        """The same of all k tangents: [k, rows, r] and [k, columns, r]."""
        left, right = self._factors(position, range(self.k))
        return Factors(left, right.expand(self.k, *right.shape) if right.dim() == 2 else right)

    def blocks(self, position: int) -> Tensor:
        """One block of all k tangents, freshly drawn and the caller's own, for a law that leaves none out: [k, *shape]."""
        block = self.layout[position]
        return self.directions.draw((block,), range(self.k), self._part(position))[block.name]

    def all(self) -> Tangents:
        """All blocks of all tangents at once, for whoever wants to look at them."""
        return self.directions.draw(self.layout, range(self.k), self._stream())

    def _factors(self, position: int, indices: Sequence[int]) -> Factors:
        return self.directions.factors(self.layout[position], indices, self._part(position))

    def _part(self, position: int) -> Keyed:
        return self._stream().within(self.starts[position], self.starts[-1])

    def _stream(self) -> Keyed:
        if self.stream is None:
            raise ValueError("this state names no tangents yet: pass the state that estimate returned")
        return self.stream


@dataclass(frozen=True)
class RegeneratedCombination(Estimate):
    """Σ cᵢ vᵢ, formed block by block from tangents drawn again; nothing that was formed is kept.

    Attributes:
        tangents: v.
        coefficients: c, [k].
    """

    loss: Tensor
    tangents: Regenerated
    coefficients: Tensor

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """See `Estimate.items`; every reading draws anew, and gives the same."""
        for (name, made), block in zip(self.factors(), self.tangents.layout, strict=True):
            yield name, made.product(block.shape) if isinstance(made, Factors) else made

    def factors(self) -> Iterator[tuple[str, Tensor | Factors]]:
        """See `Estimate.factors`; those of k tangents side by side, [rows, k r] and [columns, k r]."""
        touching = [set(self.tangents.touched(index)) for index in range(self.tangents.k)]
        for position, block in enumerate(self.tangents.layout):
            indices = [index for index, touched in enumerate(touching) if position in touched]
            yield block.name, self._factors(position) if self.tangents.factored(position) else self._formed(position, indices)

    def _factors(self, position: int) -> Factors:
        left, right = self.tangents.all_factors(position)
        left.mul_(column(self.coefficients.to(left.dtype), left))
        return Factors(torch.cat(left.unbind(), dim=1), torch.cat(right.unbind(), dim=1))

    def _formed(self, position: int, indices: Sequence[int]) -> Tensor:
        """The sum over the tangents that touch a block."""
        block = self.tangents.layout[position]
        if not indices:
            return torch.zeros(block.shape, dtype=block.dtype, device=block.device)
        if len(block.shape) < 2 and len(indices) > 1 and not self.tangents.directions.partial:  # small, so all at once
            rows = self.tangents.blocks(position)
            return rows.mul_(column(self.coefficients.to(block.dtype), rows)).sum(0)
        coefficients, (first, *others) = self.coefficients.to(block.dtype), indices
        formed = self.tangents.block(position, first).mul_(coefficients[first])
        for index in others:
            formed.add_(self.tangents.block(position, index).mul_(coefficients[index]))
        return formed


def check_blockwise(directions: Directions) -> None:
    """Check that a law can be drawn block by block.

    Raises:
        ValueError: it cannot.
    """
    if not directions.blockwise:
        raise ValueError(f"directions must draw each block by itself, as gaussian or rademacher do; {directions.law!r} does not")
