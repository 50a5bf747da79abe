"""Directions of low rank in which some factors are given, and stay the same from one estimate to the next.

For estimators that keep factors for some steps; each law is named after what it is over fresh factors.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from estimators.directional.directions.products import Products, part_of, sides
from estimators.directional.space import Block
from estimators.estimator import Factors


@dataclass(frozen=True, eq=False)
class GivenColumns(Products):
    """U Vᵀ / √r on every matrix, with a given V [columns, r] and Gaussian U [rows, r].

    E[v vᵀ] leaves the rows of a matrix alone and multiplies them by V Vᵀ/r.

    Args:
        rank: r.
        columns: block name -> V of each matrix, in its dtype or float32 if that is wider.
    """

    rank: int
    columns: Mapping[str, Tensor] = field(default_factory=dict)

    law = "low-rank"

    def numbers(self, block: Block) -> tuple[Block, ...]:
        """U; see `Products.numbers`."""
        return (part_of(block, "rows", sides(block)[0], self.rank),)

    def made(self, block: Block, numbers: Sequence[Tensor]) -> Factors:
        """U/√r and V; see `Products.made`."""
        return Factors(numbers[0].mul_(self.rank**-0.5), self.columns[block.name])


@dataclass(frozen=True, eq=False)
class GivenBases(Products):
    """√(rows columns)/r U Z Vᵀ on every matrix, with given orthonormal U [rows, r] and V [columns, r] and Gaussian Z [r, r].

    E[v vᵀ] is the projection onto the r² dimensions of U and V, times rows columns / r². On a matrix of fewer rows or columns
    than r, these take the place of r.

    Args:
        rank: r.
        bases: block name -> U and V of each matrix, in its dtype or float32 if that is wider.
    """

    rank: int
    bases: Mapping[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    law = "subspace"

    def width(self, block: Block) -> int:
        """The rank, or as many as there are rows or columns; see `Products.width`."""
        return min(self.rank, *sides(block))

    def mixed(self, block: Block) -> int:
        """Those of U Z; see `Products.mixed`."""
        return block.shape[0] * self.width(block) ** 2

    def numbers(self, block: Block) -> tuple[Block, ...]:
        """Z; see `Products.numbers`."""
        return (part_of(block, "core", self.width(block), self.width(block)),)

    def made(self, block: Block, numbers: Sequence[Tensor]) -> Factors:
        """√(rows columns)/r U Z and V; see `Products.made`."""
        left, right = self.bases[block.name]
        return Factors((left @ numbers[0]).mul_(math.sqrt(block.numel()) / self.width(block)), right)
