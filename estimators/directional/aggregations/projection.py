"""The orthogonal projection of the gradient onto the tangents' span."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.space import Tangents, matrix

_COLUMNS = 16384  # of a chunk of the Gram matrix: stays in cache, and keeps float32 sums short
_FEW = 0.5  # k/n up to which the Gram matrix of random tangents may be summed in float32 (condition number below 34)
_APART = 0.1  # least share of a tangent, squared, outside the span of those before it, for which float32 will do
_RANK_TOLERANCE = 1e-12  # eigenvalues of the Gram matrix below this share of the largest count as zero


@dataclass(frozen=True)
class Projection(Aggregation):
    """Vᵀ (V Vᵀ)⁻¹ d: what is nearest to the gradient in the span of the tangents, whatever their lengths and angles.

    One Gram matrix over all parameters together, solved in float64 by Cholesky; dependent tangents (k > n among them) by its
    pseudo-inverse. Never a jitter. Shrinks the gradient by k/n on average. Source: Flügel et al. 2024, arXiv 2410.17764.
    """

    law = "projection"

    def products(self, k: int) -> float:
        """Of every tangent with every other; see `Aggregation.products`."""
        return float(k**2)

    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Aggregation.coefficients`."""
        gram = gram_matrix(tangents)
        return solve(gram, derivatives.double()).to(derivatives.dtype)


def gram_matrix(tangents: Tangents) -> Tensor:
    """V Vᵀ over all blocks together.

    Args:
        tangents: block name -> [k, *shape].

    Returns:
        [k, k] in float64. Chunks of 16384 columns are multiplied in the tangents' dtype and added in float64; where k is more
        than half of n, or the tangents turn out to be nearly dependent, the chunks themselves are float64.
    """
    blocks = [matrix(rows) for rows in tangents.values()]
    k, n = len(blocks[0]), sum(block.shape[1] for block in blocks)
    if k <= _FEW * n:
        gram = _summed(blocks, exact=False)
        if _far_apart(gram):
            return gram
    return _summed(blocks, exact=True)


def _summed(blocks: list[Tensor], *, exact: bool) -> Tensor:
    """The Gram matrices of all chunks together; that of a single chunk is the sum, and nothing is spent on adding it to zeros."""
    return reduce(Tensor.add_, _products(blocks, exact=exact))


def _products(blocks: list[Tensor], *, exact: bool) -> Iterator[Tensor]:
    """The Gram matrix of each chunk, [k, k] in float64, multiplied in float64 only where `exact`."""
    for block in blocks:
        wide = block.dtype if block.dtype.itemsize >= torch.float32.itemsize and not exact else torch.float64
        for chunk in block.split(_COLUMNS, dim=1):
            part = chunk.to(wide)
            yield (part @ part.T).double()


def _far_apart(gram: Tensor) -> bool:
    """Whether no tangent, whatever its length, lies near the span of those before it."""
    factor, failed = torch.linalg.cholesky_ex(gram)
    return not bool(failed) and float((factor.diagonal().square() / gram.diagonal()).min()) > _APART


def solve(gram: Tensor, derivatives: Tensor) -> Tensor:
    """The solution c of G c = d, of least norm where G is singular.

    Args:
        gram: [k, k], symmetric, positive semi-definite, float64.
        derivatives: [k] or [k, m], float64.

    Returns:
        Of the derivatives' shape.
    """
    columns = derivatives.view(len(derivatives), -1)
    factor, failed = torch.linalg.cholesky_ex(gram)
    if not bool(failed):
        pivots = factor.diagonal().tolist()  # crosses to the host once
        if min(pivots) ** 2 > _RANK_TOLERANCE * max(pivots) ** 2:
            solved: Tensor = torch.cholesky_solve(columns, factor)
            return solved.view_as(derivatives)
    values, vectors = torch.linalg.eigh(gram)
    kept = values > _RANK_TOLERANCE * values[-1].clamp(min=0)
    inverse = torch.where(kept, values, 1).reciprocal() * kept
    shortest: Tensor = vectors @ (inverse.unsqueeze(1) * (vectors.T @ columns))
    return shortest.view_as(derivatives)
