"""Directions of low rank."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from estimators.directional.directions.products import Products, part_of, sides
from estimators.directional.space import Block
from estimators.estimator import Factors


@dataclass(frozen=True)
class LowRank(Products):
    """A Bᵀ / √r on every matrix, with Gaussian A [rows, r] and B [columns, r]; Gaussian on vectors and scalars: E[v vᵀ] = I.

    A tensor of more dimensions is the matrix of its first dimension against all others. For one matrix
    E‖⟨g, v⟩ v‖² = (n + 2 + 2 (rows + columns + 1)/r) ‖g‖², hardly more than Gaussian, from r (rows + columns) random numbers.
    `draw` forms the products, so memory is that of dense tangents; who needs no more than products with it asks for `factors`.
    Source: Sarkar et al. 2025 (EGGROLL), arXiv 2511.16652.

    Args:
        rank: r, 1 or more.
    """

    rank: int = 1

    law = "low-rank"

    def __post_init__(self) -> None:
        """Check the bound."""
        if self.rank < 1:
            raise ValueError(f"rank must be 1 or more, got {self.rank}")

    def numbers(self, block: Block) -> tuple[Block, ...]:
        """A and B; see `Products.numbers`."""
        rows, columns = sides(block)
        return part_of(block, "rows", rows, self.rank), part_of(block, "columns", columns, self.rank)

    def made(self, block: Block, numbers: Sequence[Tensor]) -> Factors:
        """A/√r and B; see `Products.made`."""
        left, right = numbers
        return Factors(left.mul_(self.rank**-0.5), right)
