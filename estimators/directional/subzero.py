"""SubZero: the two-point estimate in a random subspace of every matrix that stays for some estimates."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estimators.directional.directions.given_factors import GivenBases
from estimators.directional.directions.products import part_of, sides
from estimators.directional.refreshed import Refreshed
from estimators.directional.space import Block, Layout
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Subzero(Refreshed):
    """(f(W + h v) - f(W - h v)) / 2h · v with v = √(rows columns)/r U Z Vᵀ on every matrix: Z fresh, U and V kept for T₀ calls.

    U [rows, r] and V [columns, r] are orthonormal and uniformly distributed, Z [r, r] is Gaussian; r is at most rows and columns.
    The factor makes v as long as Gaussian noise and, over all three, E[v vᵀ] = I: one estimate by itself is unbiased up to O(h²),
    and E‖estimate - g‖² = (n - 1 + 2 n/r²) ‖g‖² for one matrix. Estimates that share U and V are not independent: their mean
    tends to the projection of g onto the r² dimensions, times rows columns/r². Vectors and scalars have fresh Gaussian noise.

    Two forward passes, and r (rows + columns) products a sample more in a dense layer, which gets the factors; the estimate is
    handed on as factors too. Drawing U and V anew takes two QR decompositions a matrix. Memory: U and V, r (rows + columns)
    numbers a matrix, kept between calls, and one layer.
    Source: Yu et al. 2024, arXiv 2410.08989, algorithms 1-3, with the alignment of norms.

    Args:
        rank: r, 1 or more.
        refresh: T₀, how many estimates share U and V, 1 or more.
        step: h, positive.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: x.sum(), torch.ones(4, 5))
        >>> estimator, generator = Subzero(rank=2), torch.Generator().manual_seed(1)
        >>> first, state = estimator.estimate(objective, estimator.init(objective), generator=generator)
        >>> second, state = estimator.estimate(objective, state, generator=generator)
        >>> both = torch.cat([first.gradient["x"], second.gradient["x"]])
        >>> int(torch.linalg.matrix_rank(both, rtol=1e-4))
        2
    """

    rank: int = 24
    refresh: int = 1000
    step: float = 1e-3

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.rank < 1:
            raise ValueError(f"rank must be 1 or more, got {self.rank}")
        self._check()

    def law(self) -> GivenBases:
        """See `Refreshed.law`."""
        return GivenBases(self.rank)

    def drawn(self, layout: Layout, stream: Stream) -> GivenBases:
        """See `Refreshed.drawn`."""
        matrices = [block for block in layout if len(block.shape) > 1]
        numbers = stream.normal(tuple(part for block in matrices for part in self._parts(block)), [0])
        bases = {block.name: tuple(_orthonormal(numbers[part.name][0]) for part in self._parts(block)) for block in matrices}
        return GivenBases(self.rank, {name: (left, right) for name, (left, right) in bases.items()})

    def with_step(self, factor: float) -> "Subzero":
        """See `Estimator.with_step`."""
        return replace(self, step=self.step * factor)

    def _parts(self, block: Block) -> tuple[Block, Block]:
        """What U and V are made of."""
        (rows, columns), width = sides(block), self.law().width(block)
        return part_of(block, "rows", rows, width), part_of(block, "columns", columns, width)


def _orthonormal(numbers: Tensor) -> Tensor:
    """A basis of the columns' span, which is uniformly distributed for normal numbers."""
    basis: Tensor = torch.linalg.qr(numbers).Q
    return basis
