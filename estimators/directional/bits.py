"""Random bits of many short streams at once: a function of (seed, stream, place), computed for all of them together.

Setting up torch's generator costs as much as drawing a thousand bits from it, for every stream anew. Short streams, which the
tangents of a small model have, are therefore counted rather than drawn: word w of stream s is the finaliser of SplitMix64
(Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195, section 3; with Stafford's variant 13) of a counter that no other word
of the estimate has. Both are bijections of 64-bit words, so all words of one estimate differ.
"""

from functools import lru_cache

import torch
from torch import Tensor

LONGEST = 512
"""Words of 64 bits of the longest stream that is counted; drawing longer ones by torch's generator is faster."""

_WORD_BITS = 16  # of a counter; what is left of 64 holds the stream
_GAMMA = 0x9E3779B97F4A7C15  # odd, 2^64 over the golden ratio
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORDS = 1 << 64


def _signed(word: int) -> int:
    """The int64 with the same bits."""
    word %= _WORDS
    return word - _WORDS if word >> 63 else word


def _ready(word: int) -> Tensor:
    """The int64 with the same bits as a tensor; making them anew of numbers is a quarter of the time that few words take."""
    return torch.tensor(_signed(word), device="cpu")


_TIMES_FIRST, _TIMES_SECOND = _ready(_FIRST), _ready(_SECOND)
_BY_30, _BY_27, _BY_31 = ((_ready(by), _ready((1 << 64 - by) - 1)) for by in (30, 27, 31))


def counted(seed: int, streams: list[int], offsets: Tensor) -> Tensor:
    """Words of random bits.

    Args:
        seed: of all streams, an integer.
        streams: the first stream of each row.
        offsets: [1, m] of `offsets_of`: which words of which of the streams after it.

    Returns:
        [len(streams), m], int64.
    """
    starts = [_signed((scrambled(seed) + (stream << _WORD_BITS)) * _GAMMA) for stream in streams]
    words = offsets + (starts[0] if len(starts) == 1 else torch.tensor(starts, device=offsets.device).unsqueeze(1))
    words.bitwise_xor_(_shifted(words, *_BY_30)).mul_(_TIMES_FIRST)
    words.bitwise_xor_(_shifted(words, *_BY_27)).mul_(_TIMES_SECOND)
    return words.bitwise_xor_(_shifted(words, *_BY_31))


@lru_cache(maxsize=64)
def offsets_of(streams: tuple[tuple[int, int], ...], device: torch.device) -> Tensor:
    """What tells the words of one row apart: [1, total], int64; kept for the next time, a byte for every 8 signs.

    Args:
        streams: (number after the row's first, words of it) of each stream that a row holds, one after another.
        device: where it lives.
    """
    counters = [(number << _WORD_BITS) + torch.arange(words, device=device) for number, words in streams]
    return torch.cat(counters).mul_(_signed(_GAMMA)).unsqueeze(0)


def scrambled(word: int) -> int:
    """The finaliser of one unsigned 64-bit word."""
    word %= _WORDS
    word = (word ^ word >> 30) * _FIRST % _WORDS
    word = (word ^ word >> 27) * _SECOND % _WORDS
    return word ^ word >> 31


def _shifted(words: Tensor, by: Tensor, kept: Tensor) -> Tensor:
    """To the right, zeros coming in: torch shifts signed words, so those of `kept` are all that is kept of the bits."""
    return (words >> by).bitwise_and_(kept)
