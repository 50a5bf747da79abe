"""Hashed bits are SHAKE128 of seed and stream, for one stream or many, alone or together."""

import hashlib

import pytest
import torch
from torch import Tensor

from estimators.directional.bits import hashed


def words(seed: int, streams: range) -> Tensor:
    """[streams, 256], of 64 bits."""
    return hashed(seed, [(stream, 2048) for stream in streams]).view(torch.int64).view(len(streams), -1)


@pytest.mark.parametrize("streams", [[(5, 3)], [(5, 0)], [(0, 1), (7, 200), (2**40, 8)], [(2**64 - 1, 5), (3, 0), (4, 2)]])
def test_every_octet_is_that_of_its_seed_and_stream(streams: list[tuple[int, int]]) -> None:
    seed = 2**62 + 11
    found = bytes(hashed(seed, streams).tolist())
    keys = [seed.to_bytes(8, "little") + number.to_bytes(8, "little") for number, _ in streams]
    assert found == b"".join(hashlib.shake_128(key).digest(octets) for key, (_, octets) in zip(keys, streams, strict=True))


def test_the_function_is_that_of_the_standard() -> None:
    """SHAKE128 of no octets begins so in the examples that NIST gives for FIPS 202."""
    assert hashlib.shake_128(b"").hexdigest(8) == "7f9c2ba4e88f827d"


def test_every_bit_is_fair_and_flips_with_the_stream_the_word_and_the_seed() -> None:
    """A million bits each: six standard deviations are a false alarm in 10^9 for each of 256 shares."""
    drawn = words(1, range(64))
    neighbours = {
        "fair": drawn,
        "stream": drawn ^ words(1, range(1, 65)),
        "word": drawn[:, 1:] ^ drawn[:, :-1],
        "seed": drawn ^ words(2, range(64)),
    }
    for flipped in neighbours.values():
        shares = torch.stack([(flipped >> bit & 1).double().mean() for bit in range(64)])
        assert (shares - 0.5).abs().max() < 6 * 0.5 / flipped.numel() ** 0.5
