"""A causal language model: a transformer that predicts each token from those before it.

Source: Radford et al. 2019 ("Language models are unsupervised multitask learners"), section 2.3: learned positions, pre-norm
blocks, embeddings N(0, 0.02²); tied output embedding after Press and Wolf 2017 (arXiv 1608.05859).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.problems.data.source import Data
from benchmarks.problems.data.synthetic import TokenChain
from benchmarks.problems.models.attention import Block, check_heads
from benchmarks.problems.models.model import Loss, Model, check_dropout, dropout_layer

_EMBEDDING_STD = 0.02


class Embedding(nn.Module):
    """A vector for the token plus a vector for its position."""

    def __init__(self, vocabulary: int, length: int, dim: int) -> None:
        """Draw the weights.

        Args:
            vocabulary: number of different tokens.
            length: number of positions.
            dim: features of a token.
        """
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, dim)
        self.positions = nn.Parameter(torch.empty(length, dim))
        for table in (self.tokens.weight, self.positions):
            nn.init.normal_(table, std=_EMBEDDING_STD)

    def forward(self, tokens: Tensor) -> Tensor:
        """[batch, length], int64 -> [batch, length, dim]."""
        return self.tokens(tokens) + self.positions  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Transformer(Model):
    """Embeddings, `depth` causal blocks, and a score for every token of the vocabulary at every position.

    Attributes:
        depth: number of blocks.
        dim: features of a token.
        dropout: share dropped while training, after the embedding and in each block.
        heads: of the attention.
        length: tokens in a sample.
        mlp: units of the hidden layer in each block.
        tied: whether the token embedding is the output layer's weight too.
        vocabulary: number of different tokens.

    Raises:
        ValueError: heads do not divide dim, or dropout is no probability.
    """

    batch: int
    depth: int
    dim: int
    dropout: float
    heads: int
    length: int
    mlp: int
    tied: bool
    vocabulary: int

    def __post_init__(self) -> None:
        check_heads(self.dim, self.heads)
        check_dropout(self.dropout)

    def samples(self) -> Data:
        """Tokens that follow each other by chance, each by one of a few."""
        return TokenChain(self.length, self.vocabulary)

    def module(self) -> nn.Module:
        """The network: [batch, length], int64 -> [batch, length, vocabulary]."""
        embedding = Embedding(self.vocabulary, self.length, self.dim)
        blocks = [Block(self.dim, self.heads, self.mlp, self.dropout, causal=True) for _ in range(self.depth)]
        output = nn.Linear(self.dim, self.vocabulary, bias=False)
        if self.tied:
            output.weight = embedding.tokens.weight
        return nn.Sequential(embedding, dropout_layer(self.dropout), *blocks, nn.LayerNorm(self.dim), output)

    @property
    def loss(self) -> Loss:
        """The cross-entropy of scores [batch, length, vocabulary] beside targets [batch, length]; see `Model.loss`."""
        return cross_entropy_of_positions


def cross_entropy_of_positions(output: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    """Cross-entropy of class scores for each position of a sample.

    Args:
        output: [batch, length, classes].
        targets: [batch, length], int64.
        reduction: `mean` over samples and positions, or `none`.

    Returns:
        A 0-dimensional tensor; with `none` one loss a sample and position, flat.
    """
    return functional.cross_entropy(output.flatten(0, -2), targets.flatten(), reduction=reduction)
