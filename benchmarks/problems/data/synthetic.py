"""Samples made of random numbers: features, images and tokens of any size."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.problems.data.split import Split, drawn


@dataclass(frozen=True)
class Synthetic:
    """Independent N(0, 1) features; labels uniform and independent of them.

    Attributes:
        classes: number of labels.
        features: numbers in one sample.
    """

    classes: int
    features: int

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension."""
        return (self.features,)

    def batch(self, size: int, *, seed: int, folder: Path | None) -> tuple[Tensor, Tensor]:
        """Draw features, then labels; see `Data.batch`."""
        return _drawn(size, self.shape, self.classes, seed)

    def split(self, folder: Path | None) -> Split:
        """Samples drawn together; labels are independent of them, so that there is nothing to be found in those kept back."""
        return drawn(self, "samples")

    def phrase(self, size: int) -> str:
        """Number and size of the samples."""
        return f"synthetic, {size} samples of {self.features} features in {self.classes} classes"


@dataclass(frozen=True)
class SyntheticImages:
    """Images of independent N(0, 1) pixels; labels uniform and independent of them.

    Attributes:
        channels: numbers in one pixel.
        classes: number of labels.
        height: pixels.
        width: pixels.
    """

    channels: int
    classes: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height, width."""
        return (self.channels, self.height, self.width)

    def batch(self, size: int, *, seed: int, folder: Path | None) -> tuple[Tensor, Tensor]:
        """Draw pixels, then labels; see `Data.batch`."""
        return _drawn(size, self.shape, self.classes, seed)

    def split(self, folder: Path | None) -> Split:
        """Images drawn together; labels are independent of them, so that there is nothing to be found in those kept back."""
        return drawn(self, "images")

    def phrase(self, size: int) -> str:
        """Number and size of the images."""
        pixels = " x ".join(map(str, self.shape))
        return f"synthetic, {size} images of {pixels} in {self.classes} classes"


@dataclass(frozen=True)
class LinearTargets:
    """Independent N(0, 1) features x and targets w·x + b + noise, with w and b of independent N(0, 25) entries.

    Source: Warmerdam 2020 (koaning.io, More Descent, Less Gradient), for the law; there without noise.

    Attributes:
        features: numbers in one sample.
        noise: standard deviation of what is added to the targets.
    """

    features: int
    noise: float

    spread = 5.0

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension."""
        return (self.features,)

    @property
    def classes(self) -> int:
        """One output."""
        return 1

    def batch(self, size: int, *, seed: int, folder: Path | None) -> tuple[Tensor, Tensor]:
        """Draw weights, then samples, then the noise.

        Returns:
            Features [size, features] and targets [size, 1], float32.
        """
        generator = torch.Generator().manual_seed(seed)
        weights = self.spread * torch.randn(self.features, 1, generator=generator)
        constant = self.spread * torch.randn((), generator=generator)
        inputs = torch.randn(size, self.features, generator=generator)
        return inputs, inputs @ weights + constant + self.noise * torch.randn(size, 1, generator=generator)

    def split(self, folder: Path | None) -> Split:
        """Samples of one linear function."""
        return drawn(self, "samples")

    def phrase(self, size: int) -> str:
        """Number and size of the samples."""
        return f"synthetic, {size} samples of {self.features} features with linear targets"


@dataclass(frozen=True)
class TokenChain:
    """Sequences in which each token is followed by one of four tokens, each as likely: a Markov chain.

    The four follow from the token by four random permutations (two may agree), so that every token is as frequent as any other.
    A model that knows the chain reaches a cross-entropy of at most log 4 = 1.386; one that guesses has log vocabulary.

    Attributes:
        length: tokens in a sample.
        vocabulary: number of different tokens.
    """

    length: int
    vocabulary: int

    followers = 4

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension."""
        return (self.length,)

    @property
    def classes(self) -> int:
        """The next token is one of the vocabulary."""
        return self.vocabulary

    def batch(self, size: int, *, seed: int, folder: Path | None) -> tuple[Tensor, Tensor]:
        """Draw the chain, then the sequences.

        Returns:
            Tokens and their successors, each [size, length], int64.
        """
        generator = torch.Generator().manual_seed(seed)
        orders = [torch.randperm(self.vocabulary, generator=generator) for _ in range(self.followers)]
        successors = torch.stack(orders, dim=1)  # [vocabulary, followers]
        choices = torch.randint(self.followers, (self.length, size), generator=generator)
        tokens = [torch.randint(self.vocabulary, (size,), generator=generator)]
        for choice in choices:
            tokens.append(successors[tokens[-1], choice])
        whole = torch.stack(tokens, dim=1)  # [size, length + 1]
        return whole[:, :-1].contiguous(), whole[:, 1:].contiguous()

    def split(self, folder: Path | None) -> Split:
        """Sequences of one chain."""
        return drawn(self, "sequences")

    def phrase(self, size: int) -> str:
        """Number and size of the sequences."""
        return f"synthetic, {size} sequences of {self.length} tokens from {self.vocabulary}"


def _drawn(size: int, shape: tuple[int, ...], classes: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(size, *shape, generator=generator)
    return inputs, torch.randint(classes, (size,), generator=generator)
