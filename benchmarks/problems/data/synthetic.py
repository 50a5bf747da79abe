"""Samples made of random numbers: features, images and tokens of any size."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor


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

    def phrase(self, size: int) -> str:
        """Number and size of the images."""
        pixels = " x ".join(map(str, self.shape))
        return f"synthetic, {size} images of {pixels} in {self.classes} classes"


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

    def phrase(self, size: int) -> str:
        """Number and size of the sequences."""
        return f"synthetic, {size} sequences of {self.length} tokens from {self.vocabulary}"


def _drawn(size: int, shape: tuple[int, ...], classes: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(size, *shape, generator=generator)
    return inputs, torch.randint(classes, (size,), generator=generator)
