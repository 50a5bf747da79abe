"""Random bits of short streams: a function of (seed, stream), what SHAKE128 makes of the two.

Setting up torch's generator costs as much as drawing a thousand bits from it, for every stream anew. Short streams, which the
tangents of a small model have, are hashed instead: an extendable-output function (FIPS 202, doi 10.6028/NIST.FIPS.202) gives as
many octets as are asked for, which nobody can tell from random ones.
"""

from collections.abc import Sequence
from hashlib import shake_128
from struct import Struct

import torch
from torch import Tensor

LONGEST = 4096
"""Octets of the longest stream that is hashed; on a CPU torch's generator draws longer ones faster."""

_packed = Struct("<QQ").pack


def hashed(seed: int, streams: Sequence[tuple[int, int]]) -> Tensor:
    """Octets of random bits.

    Args:
        seed: of all streams, 0 ... 2^64 - 1.
        streams: (number, octets of it) of each, one after another; numbers are 0 ... 2^64 - 1.

    Returns:
        [all octets], uint8, on the CPU.
    """
    bits = torch.empty(sum(octets for _, octets in streams), dtype=torch.uint8, device="cpu")
    into, start = bits.numpy().data, 0  # a tensor's memory, which those who measure memory see
    for number, octets in streams:
        into[start : start + octets] = shake_128(_packed(seed, number)).digest(octets)
        start += octets
    return bits
