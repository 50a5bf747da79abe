"""Directions spread over all coordinates and, more so, over a subspace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.directional.aggregations.projection import gram_matrix
from estimators.directional.directions import Directions
from estimators.directional.space import Block, Layout, Tangents, dimension, matrix
from estimators.directional.streams import Stream

_LANE = 7  # no law draws from it
_RANK_TOLERANCE = 1e-10  # eigenvalues of the Gram matrix of unit vectors below this share of the largest count as rounding


@dataclass(frozen=True, eq=False)
class Spread(Directions):
    """v = √a e + √((1-a) n/r) U z: e of another law, z normal, U an orthonormal basis of the span of given vectors.

    E[v vᵀ] = a I + (1-a) (n/r) U Uᵀ, n times the covariance of the source, so that E‖v‖² = n as for most laws. Where all given
    vectors are zero a is 1. Source: Maheswaranathan et al. 2018, arXiv 1806.10230, equation 3.

    Args:
        vectors: that span the subspace, each name -> tensor over all coordinates; their lengths do not matter.
        alpha: a, from 0 (the subspace alone) to 1 (the other law alone).
        drawn: the other law, with E[e eᵀ] = I.
    """

    vectors: Sequence[Mapping[str, Tensor]]
    alpha: float
    drawn: Directions

    law = "spread"

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`."""
        tangents, (mixing, rank) = self.drawn.draw(layout, indices, stream), _orthonormalising(layout, self.vectors)
        if not rank:
            return tangents
        numbers = Block("subspace", (len(mixing),), torch.float64, layout[0].device)
        drawn = stream.lane(_LANE).normal((numbers,), indices)[numbers.name]
        weights = drawn @ mixing * ((1 - self.alpha) * dimension(layout) / rank) ** 0.5
        for name, rows in tangents.items():
            flat, shares = matrix(rows.mul_(self.alpha**0.5)), weights.to(rows.dtype)
            for vector, share in zip(self.vectors, shares.unbind(dim=1), strict=True):
                flat.addr_(share, vector[name].reshape(-1))
        return tangents


def _orthonormalising(layout: Layout, vectors: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, int]:
    """What z is multiplied by to become the vectors' coefficients in U z, [s, s] in float64, and their rank.

    With unit vectors, of Gram matrix G, it is G^(-1/2): of all roots the symmetric one, which changes little where the vectors
    do; eigenvectors alone would turn round.
    """
    grams = [gram_matrix({b.name: torch.stack([vector[b.name] for vector in vectors])}) for b in layout]
    gram = torch.stack(grams).sum(0)
    lengths = gram.diagonal().sqrt()
    scales = torch.where(lengths > 0, 1 / lengths.where(lengths > 0, 1), 0)
    values, axes = torch.linalg.eigh(gram * scales * scales[:, None])
    kept = values > _RANK_TOLERANCE * values[-1].clamp(min=1)
    root = axes[:, kept] / values[kept].sqrt() @ axes[:, kept].mT
    return root * scales, int(kept.sum())
