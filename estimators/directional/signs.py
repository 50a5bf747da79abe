"""How random bits become signs, one bit an entry, by tables of their patterns; and how the bits of short streams are laid out."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from estimators.directional.bits import LONGEST
from estimators.directional.space import Block, Layout, Tangents

_OCTETS_OF_A_ROW = 1 << 14  # that are spread by one call: with indices and signs in bytes, a fifth of a megabyte
_OCTETS_TOGETHER = 1 << 14  # of blocks that are spread by one call: half a megabyte of float32, which an allocator keeps at hand
_BITS_A_SIGN = 1.25  # at most, where they are: bits that fill up a block's last octet become signs, too, that nobody needs


def octets_of(block: Block) -> int:
    """Octets that hold a bit for each of a block's coordinates."""
    return -(-block.numel() // 8)


class Plan(NamedTuple):
    """How random bits are laid out for those blocks of a layout whose streams are short: one block's octets after another's.

    Attributes:
        streams: (position, octets) of each such block.
        places: its position -> where its octets are in a row of all of them.
        parts: where its signs are in a row of all of them, and in which strides; none where they are not spread together.
    """

    streams: tuple[tuple[int, int], ...]
    places: Mapping[int, slice]
    parts: tuple[tuple[Block, tuple[int, ...], int], ...]


class ShortStreams(NamedTuple):
    """The random bits of blocks whose streams are short.

    Attributes:
        plan: where they are.
        octets: [tangents, octets]; None where there is no such block.
    """

    plan: Plan
    octets: Tensor | None

    def of(self, position: int) -> Tensor | None:
        """[tangents, octets] of one block; None where its stream is not short."""
        if self.octets is None or position not in self.plan.places:
            return None
        return self.octets[:, self.plan.places[position]]

    def spread_together(self) -> Tangents:
        """The only tangent's signs of all these blocks, parts of one tensor; none where that would be a large one.

        A model of small layers has so few signs that a call takes longer than its work: one for all layers, not for each.
        """
        if self.octets is None or not self.plan.parts:
            return {}
        table = _sign_table(self.plan.parts[0][0].dtype, self.octets.device)
        signs = table.index_select(0, self.octets.int().view(-1))
        return {block.name: signs.as_strided((1, *block.shape), strides, first) for block, strides, first in self.plan.parts}


@lru_cache(maxsize=64)
def plan_of(layout: Layout) -> Plan:
    """See `Plan`."""
    streams = tuple((position, octets_of(block)) for position, block in enumerate(layout) if octets_of(block) <= LONGEST)
    ends = list(accumulate(octets for _, octets in streams))
    places = {position: slice(end - octets, end) for (position, octets), end in zip(streams, ends, strict=True)}
    blocks = [layout[position] for position in places]
    parts = ((block, _strides(block), 8 * place.start) for block, place in zip(blocks, places.values(), strict=True))
    return Plan(streams, places, tuple(parts) if _alike(blocks) else ())


def _alike(blocks: Sequence[Block]) -> bool:
    """Whether blocks have one dtype, not many signs, and hardly more random bits than signs."""
    octets, signs = sum(map(octets_of, blocks)), sum(block.numel() for block in blocks)
    return len({block.dtype for block in blocks}) == 1 and octets <= _OCTETS_TOGETHER and 8 * octets <= _BITS_A_SIGN * signs


def _strides(block: Block) -> tuple[int, ...]:
    """Of one tangent's rows, contiguous."""
    return torch.empty((1, *block.shape), device="meta").stride()


@cache
def _sign_table(dtype: torch.dtype, device: torch.device) -> Tensor:
    """[256, 8]: row b holds the bits of b as signs."""
    bits = torch.arange(256, device=device).unsqueeze(1) >> torch.arange(8, device=device) & 1
    return (bits * 2 - 1).to(dtype)


@cache
def _packed_table(device: torch.device) -> Tensor:
    """[256]: entry b holds the bits of b as signs, each a byte of a 64-bit word."""
    return _sign_table(torch.int8, device).view(torch.int64).flatten()


def spread(octets: Tensor, rows: Tensor, size: int) -> None:
    """Write the signs that [m, octets] bytes stand for to m rows of this size; the last byte of a row may have some too many.

    Looked up eight to a word and converted, which takes half the time of copying eight floats a byte from a table of those.
    """
    table, m = _packed_table(octets.device), len(octets)
    if m == 1:
        of_row = octets.view(-1).split(_OCTETS_OF_A_ROW)
        for into, part in zip(rows.view(-1).split(8 * _OCTETS_OF_A_ROW), of_row, strict=True):
            into.copy_(_looked_up(table, part)[: len(into)])  # no name: it is gone before the next part is looked up
        return
    rows.copy_(_looked_up(table, octets).view(m, -1)[:, :size].view(rows.shape))


def _looked_up(table: Tensor, octets: Tensor) -> Tensor:
    """[8 octets]: as signs in bytes, eight for each."""
    return table.index_select(0, octets.int().view(-1)).view(torch.int8)
