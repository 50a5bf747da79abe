"""Labelled images of the real world, normalised as the literature does, with a part kept back for validation.

Splits and normalisation of MNIST and CIFAR-10 after Flügel et al. 2024 (arXiv 2410.17764): of the published training set 10,000
images, drawn with seed 0, are kept back for validation; pixels, as shares of the largest, are shifted by the mean and divided by
the standard deviation of each channel; nothing is augmented. Batches come from what is left. Published test sets are not read.
"""

from abc import ABC
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.problems.data.originals import CLASSES
from benchmarks.problems.data.preparation import arrays
from benchmarks.problems.data.split import Split
from benchmarks.problems.data.store import Arrays

_SPLIT_SEED = 0
_LEAST_PARTS = 5  # where all images may be in a batch, one of so many parts is kept back from a training all the same


class Images(ABC):
    """A collection of images in ten classes; subclasses say which.

    Attributes:
        name: as in specs.
        title: for people.
        shape: channels, height, width.
        largest: value of the brightest pixel.
        mean: of the pixels' share of the largest, for each channel.
        std: standard deviation of the same.
        parts: the images are split into so many equal parts, of which one is kept back; 0 keeps none.
    """

    name: str
    title: str
    shape: tuple[int, ...]
    largest: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    parts: int

    @property
    def classes(self) -> int:
        """Ten."""
        return CLASSES

    def batch(self, size: int, *, seed: int, folder: Path | None) -> tuple[Tensor, Tensor]:
        """The first `size` training images after a seeded shuffle; see `Data.batch`.

        Raises:
            ValueError: there are fewer images than asked for.
            DataError: the images are missing or damaged.
            FileNotFoundError: the folder was not prepared.
        """
        images, labels = arrays(self.name, folder)
        training = self.training(len(images))
        if size > len(training):
            raise ValueError(
                f"{self.name} has {len(training)} training images, so batch={size} is too many; synthetic data have no limit"
            )
        order = torch.randperm(len(training), generator=torch.Generator().manual_seed(seed))
        return self._normalised((images, labels), training[order[:size]])

    def split(self, folder: Path | None) -> Split:
        """All images but the published test set; see `Data.split`.

        Raises:
            DataError: the images are missing or damaged.
            FileNotFoundError: the folder was not prepared.
        """
        images, labels = arrays(self.name, folder)
        training, kept = self._divided(len(images))
        phrase = f"{self.title}, {len(training):,} images to train on and {len(kept):,} others to validate on"
        stored = (images, labels)
        return Split(self._normalised(stored, training), self._normalised(stored, kept), phrase)

    def training(self, count: int) -> Tensor:
        """Which of `count` images are trained on: shape [number], int64, in the order of the split."""
        if not self.parts:
            return torch.arange(count)
        return self._divided(count)[0]

    def phrase(self, size: int) -> str:
        """Name and number of images taken."""
        return f"{self.title}, {size} training images"

    def _divided(self, count: int) -> tuple[Tensor, Tensor]:
        """Which are trained on and which are kept back, each int64."""
        order = torch.randperm(count, generator=torch.Generator().manual_seed(_SPLIT_SEED))
        kept = count // (self.parts or _LEAST_PARTS)
        return order[: count - kept], order[count - kept :]

    def _normalised(self, stored: Arrays, chosen: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = stored
        pixels = torch.from_numpy(images[chosen.numpy()]) / self.largest
        mean, std = (torch.tensor(values).reshape(-1, 1, 1) for values in (self.mean, self.std))
        return (pixels - mean) / std, torch.from_numpy(labels[chosen.numpy()])


@dataclass(frozen=True)
class Digits(Images):
    """Handwritten digits: 1797 grey images of 8 x 8 pixels, scaled to 0 ... 1, none kept back."""

    name = "digits"
    title = "scikit-learn digits"
    shape = (1, 8, 8)
    largest = 16  # the images are counts of 4 x 4 binary pixels
    mean = (0.0,)
    std = (1.0,)
    parts = 0

    def phrase(self, size: int) -> str:
        """Name, number of images taken, number of images."""
        return f"{self.title}, {size} of 1797 images"


@dataclass(frozen=True)
class Mnist(Images):
    """Handwritten digits: 60,000 grey images of 28 x 28 pixels, of which 50,000 are trained on."""

    name = "mnist"
    title = "MNIST"
    shape = (1, 28, 28)
    largest = 255
    mean = (0.1307,)
    std = (0.3081,)
    parts = 6


@dataclass(frozen=True)
class Cifar10(Images):
    """Photographs of animals and vehicles: 50,000 colour images of 32 x 32 pixels, of which 40,000 are trained on."""

    name = "cifar10"
    title = "CIFAR-10"
    shape = (3, 32, 32)
    largest = 255
    mean = (125.3 / 255, 123.0 / 255, 113.9 / 255)
    std = (63.0 / 255, 62.1 / 255, 66.7 / 255)
    parts = 5
