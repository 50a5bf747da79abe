"""Counted bits are SplitMix64's finaliser of distinct counters, for one stream or many, alone or together."""

import pytest
import torch

from estimators.directional.bits import counted, offsets_of, scrambled

CPU = torch.device("cpu")
WORDS = 1 << 64


def expected(seed: int, stream: int, word: int) -> int:
    """By Python's own integers, as a signed word."""
    found = scrambled((scrambled(seed) + (stream << 16) + word) * 0x9E3779B97F4A7C15)
    return found - WORDS if found >= WORDS // 2 else found


def test_the_finaliser_gives_the_known_sequence_of_splitmix64() -> None:
    """The first numbers of the generator seeded by 1234567, as implementations of it list them."""
    found = [scrambled(1234567 + i * 0x9E3779B97F4A7C15) for i in range(1, 4)]
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("streams", [[5], [0, 7, 2**31]])
def test_every_word_is_that_of_its_counter(streams: list[int]) -> None:
    words = counted(2**62 + 11, streams, offsets_of(((0, 3), (4, 2)), CPU))
    assert words.shape == (len(streams), 5)
    for row, stream in zip(words.tolist(), streams, strict=True):
        assert row == [expected(2**62 + 11, stream + number, word) for number, count in ((0, 3), (4, 2)) for word in range(count)]


def test_words_of_one_estimate_all_differ() -> None:
    words = counted(3, list(range(0, 4000, 4)), offsets_of(((0, 10), (1, 10), (3, 10)), CPU))
    assert len(words.unique()) == words.numel() == 30_000


def test_every_bit_is_fair_and_flips_with_the_stream_the_word_and_the_seed() -> None:
    """A million bits each: six standard deviations are a false alarm in 10^9 for each of 256 shares."""
    layout = offsets_of(((0, 256),), CPU)
    streams = list(range(64))
    words = counted(1, streams, layout)
    neighbours = {
        "fair": words,
        "stream": words ^ counted(1, [stream + 1 for stream in streams], layout),
        "word": words[:, 1:] ^ words[:, :-1],
        "seed": words ^ counted(2, streams, layout),
    }
    for flipped in neighbours.values():
        shares = torch.stack([(flipped >> bit & 1).double().mean() for bit in range(64)])
        assert (shares - 0.5).abs().max() < 6 * 0.5 / flipped.numel() ** 0.5
