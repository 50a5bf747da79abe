"""Streams: where the random numbers of tangents come from.

`Keyed`, the default, makes each block of each tangent a function of (seed, tangent index, block position), so that chunking,
order and the number of ranks change nothing. `Sequential` draws the whole k x n matrix from the caller's generator in order, as
published code does, so that published sequences can be reproduced.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from estimators.directional.space import Layout, Tangents, dimension

_MASK = 0xFFFFFFFF


class Stream(ABC):
    """Random tangents of one estimate, by global tangent index."""

    @abstractmethod
    def normal(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """Independent N(0, 1) entries: block name -> [len(indices), *shape]."""

    @abstractmethod
    def signs(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """Independent entries +1 or -1, equally likely: block name -> [len(indices), *shape]."""


class Keyed(Stream):
    """Each (tangent, block) from a stream of its own."""

    def __init__(self, seed: int) -> None:
        """Keep the seed of the estimate, a 63-bit number."""
        self.seed = seed

    def normal(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.normal`; numbers narrower than float32 are drawn in float32 and rounded."""
        tangents = {}
        for position, block in enumerate(layout):
            dtype = block.dtype if block.dtype.itemsize >= torch.float32.itemsize else torch.float32
            rows = torch.empty((len(indices), *block.shape), dtype=dtype, device=block.device)
            generator = torch.Generator(block.device)
            for row, index in zip(rows.unbind(), indices, strict=True):
                row.normal_(generator=generator.manual_seed(self._key(index, position, len(layout))))
            tangents[block.name] = rows.to(block.dtype)
        return tangents

    def signs(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.signs`; one random bit an entry, spread by a table of the 256 patterns of eight signs."""
        tangents = {}
        for position, block in enumerate(layout):
            table = _sign_table(block.dtype, block.device)
            octets = -(-block.numel() // 8)
            bits = torch.empty(-(-octets // 8), dtype=torch.int64, device=block.device)
            rows = torch.empty((len(indices), *block.shape), dtype=block.dtype, device=block.device)
            generator = torch.Generator(block.device)
            for row, index in zip(rows.unbind(), indices, strict=True):
                bits.random_(-(2**63), None, generator=generator.manual_seed(self._key(index, position, len(layout))))
                patterns = bits.view(torch.uint8)[:octets].int()
                if block.numel() == 8 * octets:
                    torch.index_select(table, 0, patterns, out=row.view(octets, 8))
                else:
                    row.copy_(table.index_select(0, patterns).flatten()[: block.numel()].view(block.shape))
            tangents[block.name] = rows
        return tangents

    def _key(self, index: int, position: int, blocks: int) -> int:
        """The 32-bit seed of one stream; distinct for distinct (index, position) of one estimate.

        torch's CPU generator uses the low 32 bits of a seed only, so the 63-bit seed is folded to a 32-bit base, the counter
        added, and the sum scrambled by a bijection: streams of one estimate never coincide.
        """
        base = _scramble(_scramble(self.seed & _MASK) ^ (self.seed >> 32))
        return _scramble((base + index * blocks + position) & _MASK)


class Sequential(Stream):
    """The whole k x n matrix drawn at once, row after row, from the caller's generator."""

    def __init__(self, generator: torch.Generator, k: int) -> None:
        """Keep the generator and the number of tangents; nothing is drawn until it is asked for."""
        self.generator, self.k = generator, k
        self._drawn: Tensor | None = None

    def normal(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.normal`; the same matrix whenever it is asked for again."""
        if self._drawn is None:
            shape = (self.k, dimension(layout))
            self._drawn = torch.randn(shape, generator=self.generator, dtype=_widest(layout), device=layout[0].device)
        return self._rows(layout, indices)

    def signs(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        """See `Stream.signs`; from `randint(0, 2) * 2 - 1`."""
        if self._drawn is None:
            shape = (self.k, dimension(layout))
            drawn = torch.randint(0, 2, shape, generator=self.generator, device=layout[0].device)
            self._drawn = (drawn * 2 - 1).to(_widest(layout))
        return self._rows(layout, indices)

    def _rows(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        assert self._drawn is not None
        rows = self._drawn[list(indices)]
        parts = rows.split([block.numel() for block in layout], dim=1)
        shaped = zip(layout, parts, strict=True)
        return {block.name: part.reshape(len(indices), *block.shape).to(block.dtype) for block, part in shaped}


def open_stream(kind: str, generator: torch.Generator, k: int) -> Stream:
    """The stream of one estimate.

    Args:
        kind: `keyed` or `sequential`.
        generator: gives `keyed` its seed (one number), or `sequential` all its numbers.
        k: the number of tangents.
    """
    if kind == "sequential":
        return Sequential(generator, k)
    seed = torch.empty((), dtype=torch.int64, device=generator.device).random_(generator=generator)
    return Keyed(int(seed))


@cache
def _sign_table(dtype: torch.dtype, device: torch.device) -> Tensor:
    """[256, 8]: row b holds the bits of b as signs."""
    bits = torch.arange(256, device=device).unsqueeze(1) >> torch.arange(8, device=device) & 1
    return (bits * 2 - 1).to(dtype)


def _scramble(word: int) -> int:
    """A bijection of 32-bit words that spreads each bit over all (finaliser of MurmurHash3, public domain)."""
    word ^= word >> 16
    word = word * 0x85EBCA6B & _MASK
    word ^= word >> 13
    word = word * 0xC2B2AE35 & _MASK
    return word ^ word >> 16


def _widest(layout: Layout) -> torch.dtype:
    return torch.float64 if any(block.dtype == torch.float64 for block in layout) else torch.float32
