"""A vision transformer with a class token.

Source: Dosovitskiy et al. 2020 (arXiv 2010.11929), section 3.1. Initial weights: patch projection N(0, 1 / inputs) truncated at
two standard deviations, positions N(0, 0.02²), class token 0, torch's defaults elsewhere. (Some set the last layer to 0 at first;
then the loss is log classes for every input and no other weight has a gradient, so there would be nothing to estimate.)
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.problems.data.source import Data
from benchmarks.problems.models.attention import Block, check_heads
from benchmarks.problems.models.model import Classifier, check_dropout, dropout_layer, image_shape

_POSITION_STD = 0.02


class Patches(nn.Module):
    """One token a patch, by a linear map of its pixels, behind the class token; positions are added to all."""

    def __init__(self, channels: int, patch: int, tokens: int, dim: int) -> None:
        """Draw the weights.

        Args:
            channels: of the image.
            patch: side of the square patches.
            tokens: number of patches.
            dim: features of a token.
        """
        super().__init__()
        self.projection = nn.Conv2d(channels, dim, patch, patch)
        self.class_token = nn.Parameter(torch.zeros(dim))
        self.positions = nn.Parameter(_POSITION_STD * torch.randn(tokens + 1, dim))
        std = 1 / math.sqrt(channels * patch**2)
        nn.init.trunc_normal_(self.projection.weight, std=std, a=-2 * std, b=2 * std)

    def forward(self, images: Tensor) -> Tensor:
        """[batch, channels, height, width] -> [batch, tokens + 1, dim]."""
        tokens = self.projection(images).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(images), 1, -1)
        return torch.cat([first, tokens], dim=1) + self.positions


class ClassHead(nn.Module):
    """A linear layer on the class token alone."""

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, classes)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, tokens + 1, dim] -> [batch, classes]."""
        return self.linear(x[:, 0])  # type: ignore[no-any-return]


@dataclass(frozen=True)
class VisionTransformer(Classifier):
    """Patches become tokens, `depth` blocks mix them, the class token is classified.

    Attributes:
        depth: number of blocks.
        dim: features of a token.
        dropout: share dropped while training, after the embedding and in each block.
        heads: of the attention.
        mlp: units of the hidden layer in each block.
        patch: side of the square patches.

    Raises:
        ValueError: the samples are no images, patches do not tile them, heads do not divide dim, or dropout is no probability.
    """

    batch: int
    data: Data
    depth: int
    dim: int
    dropout: float
    heads: int
    mlp: int
    patch: int

    def __post_init__(self) -> None:
        _, height, width = image_shape(self.data)
        if height % self.patch or width % self.patch:
            raise ValueError(f"patch={self.patch} does not divide the sides of images of {height} x {width}")
        check_heads(self.dim, self.heads)
        check_dropout(self.dropout)

    def module(self) -> nn.Module:
        """The network: [batch, channels, height, width] -> [batch, classes]."""
        channels, height, width = image_shape(self.data)
        tokens = (height // self.patch) * (width // self.patch)
        blocks = [Block(self.dim, self.heads, self.mlp, self.dropout, causal=False) for _ in range(self.depth)]
        return nn.Sequential(
            Patches(channels, self.patch, tokens, self.dim),
            dropout_layer(self.dropout),
            *blocks,
            nn.LayerNorm(self.dim),
            ClassHead(self.dim, self.data.classes),
        )

    def arranged(self, inputs: Tensor) -> Tensor:
        """Shape [batch, channels, height, width]."""
        return inputs.reshape(-1, *image_shape(self.data))
