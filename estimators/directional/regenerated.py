"""Tangents that are never held: each block is drawn when it is wanted and drawn again when it is wanted again.

A keyed stream gives the same numbers every time, so that a perturbation, a directional derivative and the estimate made of them
agree on tangents of which no more than a block exists at any moment, and a few small ones beside it (see `OneTangent`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch
from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.space import Block, Layout, Tangents, column
from estimators.directional.streams import Keyed, open_stream
from estimators.estimator import Estimate, Factors

_SHARE = 64
"""Small blocks that are drawn together have together at most this part of the bytes of the largest block on their device."""


@dataclass(frozen=True)
class Regenerated:
    """The k tangents of one estimate, the same as `directions.draw` gives from the same keyed stream, block by block.

    Attributes:
        layout: the coordinates.
        directions: the law; a blockwise one.
        k: number of tangents.
        starts: the number of streams that a tangent takes before each block, and for all of them.
        groups: position of a small block -> those of all that it is drawn with, its own among them; see `OneTangent`.
        stream: of the estimate; None until there is one.
    """

    layout: Layout
    directions: Directions
    k: int
    starts: tuple[int, ...]
    groups: Mapping[int, tuple[int, ...]]
    stream: Keyed | None = None

    @classmethod
    def of(cls, layout: Layout, directions: Directions, k: int) -> "Regenerated":
        """Tangents of no estimate yet."""
        one_stream_each = directions.entrywise and all(directions.streams(block) == 1 for block in layout)
        groups = _groups(layout) if one_stream_each else ()
        together = {position: group for group in groups for position in group if len(group) > 1}
        return cls(layout, directions, k, tuple(accumulate(map(directions.streams, layout), initial=0)), together)

    def opened(self, generator: torch.Generator) -> "Regenerated":
        """The tangents of the next estimate, whose seed the generator gives."""
        stream = open_stream("keyed", generator, self.k)
        assert isinstance(stream, Keyed)
        return replace(self, stream=stream)

    def block(self, position: int, index: int) -> Tensor:
        """One block of one tangent, freshly drawn and the caller's own: [*shape]."""
        return self.directions.draw_block(self.layout, position, index, self._stream(), self.starts)

    def together(self, positions: Sequence[int], index: int) -> Iterator[tuple[int, Tensor]]:
        """Several blocks of one tangent, of a law with one stream a block, by position: as `block` gives them, but in one go."""
        part = self._stream().within(0, self.starts[-1], [self.starts[position] for position in positions])
        drawn = self.directions.draw(tuple(self.layout[position] for position in positions), [index], part)
        return ((position, drawn[self.layout[position].name][0]) for position in positions)

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


class OneTangent:
    """One of the tangents for passes over the parameters: its blocks are drawn when they are asked for.

    They are those of `Regenerated.block`. For small ones, biases above all, a call takes longer to begin than to do: several are
    drawn together when the first is asked for, and held until one that was not among them is.
    """

    def __init__(self, tangents: Regenerated, index: int) -> None:
        """Nothing is drawn yet.

        Args:
            tangents: among others, this one.
            index: which it is.
        """
        self.tangents, self.index = tangents, index
        self._held: dict[int, Tensor] = {}

    def block(self, position: int) -> Tensor:
        """A block, the caller's own: [*shape]."""
        group = self.tangents.groups.get(position)
        if group is None:
            return self.tangents.block(position, self.index)
        held = self._held  # another thread may hold others from here on
        if position not in held:
            self._held = held = {}  # before they are drawn: two groups are never held beside each other
            held |= self.tangents.together(group, self.index)
        return held[position].clone()


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
        first = OneTangent(self.tangents, 0)  # not one for each tangent: small blocks are held meanwhile
        for position, block in enumerate(self.tangents.layout):
            indices = [index for index, touched in enumerate(touching) if position in touched]
            factored = self.tangents.factored(position)
            yield block.name, self._factors(position) if factored else self._formed(position, indices, first)

    def _factors(self, position: int) -> Factors:
        left, right = self.tangents.all_factors(position)
        left.mul_(column(self.coefficients.to(left.dtype), left))
        return Factors(torch.cat(left.unbind(), dim=1), torch.cat(right.unbind(), dim=1))

    def _formed(self, position: int, indices: Sequence[int], of_first: OneTangent) -> Tensor:
        """The sum over the tangents that touch a block; `of_first` has the blocks of the first of all."""
        block = self.tangents.layout[position]
        if not indices:
            return torch.zeros(block.shape, dtype=block.dtype, device=block.device)
        if len(block.shape) < 2 and len(indices) > 1 and not self.tangents.directions.partial:  # small, so all at once
            rows = self.tangents.blocks(position)
            return rows.mul_(column(self.coefficients.to(block.dtype), rows)).sum(0)
        coefficients, (first, *others) = self.coefficients.to(block.dtype), indices
        formed = of_first.block(position) if first == 0 else self.tangents.block(position, first)
        formed.mul_(coefficients[first])
        for index in others:
            formed.add_(self.tangents.block(position, index).mul_(coefficients[index]))
        return formed


def _groups(layout: Layout) -> Iterator[tuple[int, ...]]:
    """Positions of small blocks that are drawn together: as many as come one after another, larger ones left out."""
    most: dict[torch.device, int] = {}
    for block in layout:
        most[block.device] = max(most.get(block.device, 0), _bytes(block) // _SHARE)
    group: list[int] = []
    held = 0
    for position, block in enumerate(layout):
        if _bytes(block) > most[block.device]:
            continue
        if group and (held + _bytes(block) > most[block.device] or not _alike(block, layout[group[0]])):
            yield tuple(group)
            group, held = [], 0
        group.append(position)
        held += _bytes(block)
    yield tuple(group)


def _bytes(block: Block) -> int:
    return block.numel() * block.dtype.itemsize


def _alike(block: Block, other: Block) -> bool:
    return (block.device, block.dtype) == (other.device, other.dtype)


def check_blockwise(directions: Directions) -> None:
    """Check that a law can be drawn block by block.

    Raises:
        ValueError: it cannot.
    """
    if not directions.blockwise:
        raise ValueError(f"directions must draw each block by itself, as gaussian or rademacher do; {directions.law!r} does not")
