"""Random bits of short streams: a function of (seed, stream), what SHAKE128 makes of the two.

Setting up torch's generator costs as much as drawing a thousand bits from it, for every stream anew. Short streams, which the
tangents of a small model have, are hashed instead: an extendable-output function (FIPS 202, doi 10.6028/NIST.FIPS.202) gives as
many octets as are asked for, which nobody can tell from random ones.
"""

from collections.abc import Iterable
from hashlib import shake_128
from struct import Struct

import torch
from torch import Tensor

LONGEST = 4096
"""Octets of the longest stream that is hashed; drawing longer ones by torch's generator is faster."""

_packed = Struct("<QQ").pack


def hashed(seed: int, streams: Iterable[tuple[int, int]]) -> Tensor:
    """Octets of random bits.

    Args:
        seed: of all streams, 64 bits.
        streams: (number, octets of it) of each, one after another; numbers have 64 bits.

    Returns:
        [all octets], uint8, on the CPU.
    """
    digests = [shake_128(_packed(seed, number)).digest(octets) for number, octets in streams]
    return torch.frombuffer(bytearray().join(digests), dtype=torch.uint8)
