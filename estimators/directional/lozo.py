"""LOZO: the two-point estimate along low-rank noise of which one factor stays for some estimates."""

from dataclasses import dataclass, replace

from estimators.directional.directions.given_factors import GivenColumns
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.directions.products import part_of, sides
from estimators.directional.refreshed import Refreshed
from estimators.directional.space import Layout
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Lozo(Refreshed):
    """(f(W + h v) - f(W - h v)) / 2h · v with v = U Vᵀ/√r on every matrix: U fresh, V kept for ν estimates.

    Over both factors E[v vᵀ] = I, so one estimate by itself is unbiased up to O(h²) and errs like rank-r noise,
    E‖estimate - g‖² = (n + 1 + 2 (rows + columns + 1)/r) ‖g‖² for one matrix. Estimates that share V are not independent: their
    mean tends to G V Vᵀ/r, of rank r, until V is drawn anew; with ν = 1 they are those of `mezo[directions=low-rank]`. Vectors
    and scalars have fresh Gaussian noise.

    Two forward passes, and r (rows + columns) products a sample more in a dense layer, which gets the factors; the estimate is
    handed on as factors too. Memory: V, r numbers for each column of a matrix, kept between calls, and one layer.
    Source: Chen et al. 2024, arXiv 2410.07698, algorithm 1. Their ε, of which the perturbation is ε U Vᵀ, is h/√r.

    Args:
        rank: r, 1 or more.
        refresh: ν, how many estimates share V, 1 or more.
        step: h, positive.

    Example:
        >>> import torch
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: x.sum(), torch.ones(4, 5))
        >>> estimator, generator = Lozo(rank=2), torch.Generator().manual_seed(1)
        >>> first, state = estimator.estimate(objective, estimator.init(objective), generator=generator)
        >>> second, state = estimator.estimate(objective, state, generator=generator)
        >>> both = torch.cat([first.gradient["x"], second.gradient["x"]])
        >>> int(torch.linalg.matrix_rank(both, rtol=1e-4))
        2
    """

    rank: int = 2
    refresh: int = 50
    step: float = 1e-3

    def __post_init__(self) -> None:
        """Check the bounds; that of the rank is checked by its law."""
        self._check()
        self.law()

    def law(self) -> LowRank:
        """See `Refreshed.law`."""
        return LowRank(self.rank)

    def drawn(self, layout: Layout, stream: Stream) -> GivenColumns:
        """See `Refreshed.drawn`."""
        matrices = [block for block in layout if len(block.shape) > 1]
        numbers = stream.normal(tuple(part_of(block, "columns", sides(block)[1], self.rank) for block in matrices), [0])
        columns = {block.name: rows[0] for block, rows in zip(matrices, numbers.values(), strict=True)}
        return GivenColumns(self.rank, columns)

    def with_step(self, factor: float) -> "Lozo":
        """See `Estimator.with_step`."""
        return replace(self, step=self.step * factor)
