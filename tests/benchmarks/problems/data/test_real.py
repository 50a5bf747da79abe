"""Batches are real images with their own labels, normalised as published, shuffled by the seed, none of those kept back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from benchmarks.problems.data.home import VARIABLE
from benchmarks.problems.data.preparation import prepare
from benchmarks.problems.data.real import Cifar10, Digits, Images, Mnist

Write = Callable[..., Path]


@pytest.fixture
def prepared(tmp_path: Path, write_mnist: Write, write_cifar10: Write) -> Path:
    """Arrays of twelve images of MNIST, fifteen of CIFAR-10 and all digits."""
    write_mnist(tmp_path / "mnist")
    write_cifar10(tmp_path / "cifar10")
    prepare(["digits", "mnist", "cifar10"], tmp_path / "arrays", tmp_path)
    return tmp_path / "arrays"


def test_every_image_of_a_batch_is_one_of_the_real_digits_with_its_label() -> None:
    digits = load_digits()
    known = {image.tobytes(): int(label) for image, label in zip(digits.data / 16, digits.target, strict=True)}
    inputs, labels = Digits().batch(200, seed=3, folder=None)
    assert inputs.dtype == torch.float32
    assert [known[row.double().numpy().tobytes()] for row in inputs] == labels.tolist()


def test_the_largest_batch_holds_every_image_once() -> None:
    inputs, labels = Digits().batch(1797, seed=0, folder=None)
    assert sorted(labels.tolist()) == sorted(load_digits().target.tolist())
    assert len(torch.unique(inputs, dim=0)) == 1797


@pytest.mark.parametrize(
    ("data", "count"), [(Digits(), 1797), (Mnist(), 10), (Cifar10(), 12)], ids=["digits", "mnist", "cifar10"]
)
def test_a_batch_larger_than_the_training_images_is_refused_with_the_alternative(
    prepared: Path, data: Images, count: int
) -> None:
    assert len(data.batch(count, seed=0, folder=prepared)[0]) == count
    with pytest.raises(ValueError, match=rf"{count} training images, so batch={count + 1} is too many; synthetic data have no"):
        data.batch(count + 1, seed=0, folder=prepared)


def test_mnist_is_normalised_as_published(prepared: Path, pixels: np.ndarray) -> None:
    inputs, labels = Mnist().batch(10, seed=4, folder=prepared)
    expected = [torch.from_numpy((image / 255 - 0.1307) / 0.3081)[None] for image in pixels]
    for image, label in zip(inputs, labels.tolist(), strict=True):
        own = [number for number in range(12) if number % 10 == label]
        assert any(torch.allclose(image.double(), expected[number], atol=1e-5) for number in own)


def test_cifar10_is_normalised_channel_by_channel_as_published(prepared: Path, colours: np.ndarray) -> None:
    inputs, labels = Cifar10().batch(12, seed=4, folder=prepared)
    mean, std = (np.array(values).reshape(3, 1, 1) for values in ((125.3, 123.0, 113.9), (63.0, 62.1, 66.7)))
    expected = [torch.from_numpy((image - mean) / std) for image in colours]
    for image, label in zip(inputs, labels.tolist(), strict=True):
        own = [number for number in range(15) if number % 10 == label]
        assert any(torch.allclose(image.double(), expected[number], atol=1e-5) for number in own)


@pytest.mark.parametrize(("data", "count", "kept"), [(Mnist(), 60_000, 10_000), (Cifar10(), 50_000, 10_000), (Digits(), 1797, 0)])
def test_ten_thousand_images_are_kept_back_whatever_the_seed(data: Images, count: int, kept: int) -> None:
    training = data.training(count)
    assert len(set(training.tolist())) == len(training) == count - kept
    assert torch.equal(training, data.training(count))


def test_those_kept_back_are_those_of_a_random_split_with_seed_0() -> None:
    sizes, generator = [50_000, 10_000], torch.Generator().manual_seed(0)
    train, _ = torch.utils.data.random_split(range(60_000), sizes, generator=generator)  # type: ignore[arg-type]
    assert Mnist().training(60_000).tolist() == list(train.indices)


@pytest.mark.parametrize("data", [Digits(), Mnist(), Cifar10()], ids=["digits", "mnist", "cifar10"])
def test_seed_decides_the_batch(prepared: Path, data: Images) -> None:
    first, again, other = (data.batch(8, seed=seed, folder=prepared)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_smaller_batch_is_the_beginning_of_a_larger_one() -> None:
    assert torch.equal(Digits().batch(8, seed=1, folder=None)[0], Digits().batch(32, seed=1, folder=None)[0][:8])


def test_a_prepared_folder_gives_the_same_batch(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    for data in (Digits(), Mnist(), Cifar10()):
        for one, same in zip(data.batch(9, seed=5, folder=prepared), data.batch(9, seed=5, folder=None), strict=True):
            assert torch.equal(one, same)


def test_phrases_say_what_the_batch_is() -> None:
    assert Digits().phrase(64) == "scikit-learn digits, 64 of 1797 images"
    assert Mnist().phrase(64) == "MNIST, 64 training images"
    assert Cifar10().phrase(128) == "CIFAR-10, 128 training images"
