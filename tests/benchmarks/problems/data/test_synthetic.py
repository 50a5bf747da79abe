"""Synthetic samples have the sizes asked for, follow from the seed, and are distributed as they say."""

import pytest
import torch

from benchmarks.problems.data.source import Data
from benchmarks.problems.data.synthetic import Synthetic, SyntheticImages, TokenChain

SOURCES = [Synthetic(classes=3, features=7), SyntheticImages(channels=2, classes=3, height=4, width=5), TokenChain(6, 9)]


@pytest.mark.parametrize("data", SOURCES, ids=lambda data: type(data).__name__)
def test_seed_decides_the_batch(data: Data) -> None:
    first, again, other = (data.batch(16, seed=seed, folder=None) for seed in (1, 1, 2))
    for one, same, another in zip(first, again, other, strict=True):
        assert torch.equal(one, same)
        assert not torch.equal(one, another)


@pytest.mark.parametrize("data", SOURCES, ids=lambda data: type(data).__name__)
def test_samples_have_the_shape_and_the_classes_announced(data: Data) -> None:
    inputs, targets = data.batch(500, seed=0, folder=None)
    assert inputs.shape == (500, *data.shape)
    assert set(targets.flatten().tolist()) == set(range(data.classes))


@pytest.mark.parametrize("data", SOURCES[:2], ids=lambda data: type(data).__name__)
def test_numbers_have_mean_0_and_variance_1(data: Data) -> None:
    inputs, _ = data.batch(500, seed=0, folder=None)
    assert abs(float(inputs.mean())) < 5 / inputs.numel() ** 0.5
    assert abs(float(inputs.var()) - 1) < 5 * (2 / inputs.numel()) ** 0.5


def test_a_token_is_followed_by_one_of_four_whatever_came_before() -> None:
    tokens, targets = TokenChain(200, 9).batch(50, seed=0, folder=None)
    assert torch.equal(tokens[:, 1:], targets[:, :-1])
    followers = [set(targets[tokens == token].tolist()) for token in range(9)]
    assert max(map(len, followers)) <= 4
    assert len({frozenset(one) for one in followers}) > 1


def test_a_vocabulary_of_two_is_enough() -> None:
    assert set(TokenChain(20, 2).batch(5, seed=0, folder=None)[0].flatten().tolist()) == {0, 1}


def test_phrases_say_what_the_batch_is() -> None:
    assert [data.phrase(4) for data in SOURCES] == [
        "synthetic, 4 samples of 7 features in 3 classes",
        "synthetic, 4 images of 2 x 4 x 5 in 3 classes",
        "synthetic, 4 sequences of 6 tokens from 9",
    ]
