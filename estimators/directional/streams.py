"""Streams: where the random numbers of tangents come from.

`Keyed`, the default, makes each block of each tangent a function of (seed, tangent index, block position), so that chunking,
order and the number of ranks change nothing. `Sequential` draws the whole k x n matrix from the caller's generator in order, as
published code does, so that published sequences can be reproduced.

A law that needs several kinds of numbers for one tangent (values and a mask, say) takes each kind from a lane of its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from estimators.directional.bits import hashed
from estimators.directional.signs import ShortStreams, octets_of, plan_of, spread
from estimators.directional.space import Block, Layout, Tangents, dimension
from estimators.directional.workspace import Workspace

LANES = 8
"""How many streams, each of one kind of numbers, a law may draw its tangents from."""

_MASK = 0xFFFFFFFF
_OCTETS_SPREAD = 1 << 13  # of several short rows that are spread by one call; long rows are spread one by one
_SHARES_TOGETHER = 1 << 15  # of float64, drawn by one call: a quarter of a megabyte, which an allocator keeps at hand
_LANE_BITS = 29  # a lane holds 2^29 streams, one a (tangent, block): more than tangents fit in memory


class Stream(ABC):
    """Random numbers of one estimate's tangents, by global tangent index.

    A stream gives a tangent one kind of numbers (normal, signs or uniform) for one layout; `lane` leads to further streams.
    """

    @abstractmethod
    def lane(self, number: int) -> "Stream":
        """A stream of the same tangents that is independent of this one; the same whenever it is asked for.

        Args:
            number: 1 ... `LANES` - 1.
        """

    @abstractmethod
    def of_sample(self, number: int, count: int) -> "Stream":
        """A stream for the tangents of one of several samples, independent of the others'; the same whenever it is asked for.

        Args:
            number: of the sample, 0 ... count - 1.
            count: of the samples.
        """

    @abstractmethod
    def normal(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """Independent N(0, 1) entries: block name -> [len(indices), *shape]."""

    @abstractmethod
    def signs(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """Independent entries +1 or -1, equally likely: block name -> [len(indices), *shape]."""

    @abstractmethod
    def uniform(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """Independent entries uniform on [0, 1): block name -> [len(indices), *shape].

        In float64 on float64 blocks, in float32 (24 random bits) on all others, which are not rounded to their dtype.
        """

    @abstractmethod
    def chosen(self, layout: Layout, index: int, share: float) -> Iterator[tuple[Block, slice, Tensor]]:
        """Which entries of one tangent are chosen, each by itself with this probability, block after block and part after part.

        Yields:
            A block, a part of its flat coordinates, and for each of them whether it is chosen; from `uniform` numbers in
            float64, so that small shares are right.
        """


class Keyed(Stream):
    """Each (tangent, block) from a stream of its own."""

    def __init__(
        self,
        seed: int,
        number: int = 0,
        start: int = 0,
        workspace: Workspace | None = None,
        total: int | None = None,
        places: Sequence[int] | None = None,
    ) -> None:
        """Keep the numbers.

        Args:
            seed: of the estimate, 63 bits.
            number: which lane this is.
            start: where in it streams begin.
            workspace: memory to use.
            total: how many streams a tangent takes; None for as many as there are blocks in the layout it is drawn for.
            places: of each block's stream among those of a tangent; None for one after another.
        """
        self.seed, self.number, self.start, self.workspace, self.total = seed, number, start, workspace, total
        self.places = places
        self._base = _scramble(_scramble(seed & _MASK) ^ (seed >> 32)) + (number << _LANE_BITS) + start

    def lane(self, number: int) -> "Keyed":
        """See `Stream.lane`."""
        return Keyed(self.seed, number, self.start, total=self.total, places=self.places)

    def of_sample(self, number: int, count: int) -> "Keyed":
        """See `Stream.of_sample`; an equal share of the lane for each."""
        return self.at(number * ((1 << _LANE_BITS) // count))

    def at(self, start: int) -> "Keyed":
        """The same streams from the `start`-th on: block p of tangent i of m blocks is the first block of all at i m + p."""
        return Keyed(self.seed, self.number, self.start + start)

    def within(self, start: int, total: int, places: Sequence[int] | None = None) -> "Keyed":
        """The same streams for a part of tangents that take `total` each: block p of tangent i at i total + start + p.

        Or, where places are given, at i total + start + places[p].
        """
        return Keyed(self.seed, self.number, self.start + start, total=total, places=places)

    def normal(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.normal`; numbers narrower than float32 are drawn in float32 and rounded."""
        drawn = self._filled(layout, indices, Tensor.normal_)
        for block in layout:
            if drawn[block.name].dtype != block.dtype:
                drawn[block.name] = drawn[block.name].to(block.dtype)
        return drawn

    def signs(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.signs`; one random bit an entry, spread by a table of the 256 patterns of eight signs."""
        short, count = self._short(layout, indices), len(indices)
        tangents = short.spread_together() if count == 1 else {}
        others = [(position, block) for position, block in enumerate(layout) if block.name not in tangents]
        tangents |= {block.name: self._empty(block, count) for _, block in others}  # first: after a large block each call is cold
        generators = _generators(block for _, block in others)
        for position, block in others:
            rows, bits = tangents[block.name], short.of(position)
            together = max(1, min(count, _OCTETS_SPREAD // max(1, octets_of(block))))
            for start in range(0, count, together):
                if bits is None:
                    keys = [self._key(index, position, len(layout)) for index in indices[start : start + together]]
                    octets = _long(block, keys, generators[block.device])
                else:
                    octets = bits[start : start + together]
                spread(octets, rows if len(octets) == count else rows[start : start + together], block.numel())
        return {block.name: tangents[block.name] for block in layout}

    def _short(self, layout: Layout, indices: Sequence[int]) -> ShortStreams:
        """The random bits of every block whose stream is short."""
        plan = plan_of(layout)
        if not plan.streams:
            return ShortStreams(plan, None)
        firsts = [(self.number << _LANE_BITS) + self.start + index * (self.total or len(layout)) for index in indices]
        streams = [(self._place(position), count) for position, count in plan.streams]
        octets = hashed(self.seed, [(first + place, count) for first in firsts for place, count in streams])
        return ShortStreams(plan, octets.to(layout[0].device).view(len(indices), -1))

    def uniform(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.uniform`."""
        return self._filled(layout, indices, Tensor.uniform_)

    def chosen(self, layout: Layout, index: int, share: float) -> Iterator[tuple[Block, slice, Tensor]]:
        """See `Stream.chosen`; in small parts, as the numbers are twice as wide as those of most tangents."""
        for position, block in enumerate(layout):
            generator = torch.Generator(block.device).manual_seed(self._key(index, position, len(layout)))
            for start in range(0, block.numel(), _SHARES_TOGETHER):
                part = slice(start, min(start + _SHARES_TOGETHER, block.numel()))
                shares = torch.empty(part.stop - start, dtype=torch.float64, device=block.device)
                yield block, part, shares.uniform_(generator=generator) < share

    def _filled(self, layout: Layout, indices: Sequence[int], fill: Callable[..., Tensor]) -> Tangents:
        """Rows of float32 or wider that `fill` writes in place; a tangent that is asked for twice in a row is copied."""
        count = len(indices)
        tangents = {block.name: self._empty(_wide(block), count) for block in layout}  # first: see `signs`
        generators = _generators(layout)
        rows: list[tuple[Tensor, torch.Generator, int | None]] = []  # with no key for one that is the row before it once more
        for position, block in enumerate(layout):
            generator, of_block = generators[block.device], tangents[block.name]
            for place, row in enumerate(of_block.unbind() if count > 1 else (of_block,) * count):
                again = place > 0 and indices[place] == indices[place - 1]
                key = None if again else self._key(indices[place], position, len(layout))
                rows.append((row, generator, key))
        for number, (row, generator, key) in enumerate(rows):
            if key is None:
                row.copy_(rows[number - 1][0])
            else:
                fill(row, generator=generator.manual_seed(key))
        return tangents

    def _empty(self, block: Block, count: int) -> Tensor:
        if self.workspace is not None:
            return self.workspace.tangents(block, count)
        return torch.empty((count, *block.shape), dtype=block.dtype, device=block.device)

    def _key(self, index: int, position: int, blocks: int) -> int:
        """The 32-bit seed of one stream; distinct for distinct (lane, index, position) of one estimate.

        torch's CPU generator uses the low 32 bits of a seed only, so the 63-bit seed is folded to a 32-bit base, the counter
        added, and the sum scrambled by a bijection: streams of one estimate never coincide.
        """
        return _scramble((self._base + index * (self.total or blocks) + self._place(position)) & _MASK)

    def _place(self, position: int) -> int:
        return position if self.places is None else self.places[position]


class Sequential(Stream):
    """A whole k x n matrix drawn at once from the caller's generator, row after row: one a layout, when it is first asked for."""

    def __init__(self, generator: torch.Generator, k: int) -> None:
        """Keep the generator and the number of tangents; nothing is drawn until it is asked for."""
        self.generator, self.k = generator, k
        self._drawn: dict[Layout, Tensor] = {}
        self._lanes: dict[int, Sequential] = {}
        self._samples: dict[int, Sequential] = {}

    def lane(self, number: int) -> "Sequential":
        """See `Stream.lane`."""
        return self._lanes.setdefault(number, Sequential(self.generator, self.k))

    def of_sample(self, number: int, count: int) -> "Sequential":
        """See `Stream.of_sample`; its matrices are drawn when they are first asked for."""
        return self._samples.setdefault(number, Sequential(self.generator, self.k))

    def normal(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.normal`; the same matrix whenever it is asked for again."""
        if layout not in self._drawn:
            self._drawn[layout] = torch.randn(**self._matrix(layout), dtype=_widest(layout))
        return {block.name: rows.to(block.dtype) for block, rows in self._rows(layout, indices)}

    def signs(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.signs`; from `randint(0, 2) * 2 - 1`."""
        if layout not in self._drawn:
            self._drawn[layout] = (torch.randint(0, 2, **self._matrix(layout)) * 2 - 1).to(_widest(layout))
        return {block.name: rows.to(block.dtype) for block, rows in self._rows(layout, indices)}

    def uniform(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.uniform`; from `rand`."""
        if layout not in self._drawn:
            self._drawn[layout] = torch.rand(**self._matrix(layout), dtype=_widest(layout))
        return {block.name: rows.to(_drawn_in(block.dtype)) for block, rows in self._rows(layout, indices)}

    def chosen(self, layout: Layout, index: int, share: float) -> Iterator[tuple[Block, slice, Tensor]]:
        """See `Stream.chosen`; in one part a block."""
        drawn = self.uniform(tuple(replace(block, dtype=torch.float64) for block in layout), [index])
        for block in layout:
            yield block, slice(0, block.numel()), drawn[block.name].view(-1) < share

    def _matrix(self, layout: Layout) -> dict[str, Any]:
        return {"size": (self.k, dimension(layout)), "generator": self.generator, "device": layout[0].device}

    def _rows(self, layout: Layout, indices: Sequence[int]) -> Iterator[tuple[Block, Tensor]]:
        parts = self._drawn[layout][list(indices)].split([block.numel() for block in layout], dim=1)
        for block, part in zip(layout, parts, strict=True):
            yield block, part.contiguous().view(len(indices), *block.shape)


def open_stream(kind: str, generator: torch.Generator, k: int, workspace: Workspace | None = None) -> Stream:
    """The stream of one estimate.

    Args:
        kind: `keyed` or `sequential`.
        generator: gives `keyed` its seed (one number), or `sequential` all its numbers.
        k: the number of tangents.
        workspace: memory that `keyed` draws into.
    """
    if kind == "sequential":
        return Sequential(generator, k)
    seed = torch.empty((), dtype=torch.int64, device=generator.device).random_(generator=generator)
    return Keyed(int(seed), workspace=workspace)


def _generators(blocks: Iterable[Block]) -> dict[torch.device, torch.Generator]:
    """One for each device."""
    return {device: torch.Generator(device) for device in {block.device for block in blocks}}


def _long(block: Block, keys: Sequence[int], generator: torch.Generator) -> Tensor:
    """[len(keys), octets] of random bits, each row from the stream of its key."""
    octets = octets_of(block)
    words = torch.empty((len(keys), -(-octets // 8)), dtype=torch.int64, device=block.device)
    for row, key in zip(words if len(words) > 1 else (words,), keys, strict=True):
        row.random_(-(2**63), None, generator=generator.manual_seed(key))
    return words.view(torch.uint8)[:, :octets]


def _scramble(word: int) -> int:
    """A bijection of 32-bit words that spreads each bit over all (finaliser of MurmurHash3, public domain)."""
    word ^= word >> 16
    word = word * 0x85EBCA6B & _MASK
    word ^= word >> 13
    word = word * 0xC2B2AE35 & _MASK
    return word ^ word >> 16


def _drawn_in(dtype: torch.dtype) -> torch.dtype:
    """The dtype that numbers for a block are drawn in: float32 at least."""
    return dtype if dtype.itemsize >= torch.float32.itemsize else torch.float32


def _wide(block: Block) -> Block:
    """The block in the dtype that its numbers are drawn in."""
    dtype = _drawn_in(block.dtype)
    return block if dtype == block.dtype else replace(block, dtype=dtype)


def _widest(layout: Layout) -> torch.dtype:
    return torch.float64 if any(block.dtype == torch.float64 for block in layout) else torch.float32
