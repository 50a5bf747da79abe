"""Estimates along tangents within a subspace, or spread more widely there, for a given share of the gradient in it.

The share is ‖P g‖² / ‖g‖² for the projection P onto the subspace: what no law knows, and what these forms depend on.
"""

import math
from dataclasses import replace

from estimators.theory.expectations import moments
from estimators.theory.law import Law
from estimators.theory.moments import Moments


def in_subspace(directions: Law | str, aggregation: str, m: float, k: float, share: float = 1.0) -> Moments:
    """The moments of an estimate along tangents of a law in the m coordinates of a subspace.

    It is the estimate of P g there: along and square times the share, length and cosine times its root.

    Args:
        directions: the law in the subspace.
        aggregation: as for `moments`.
        m: dimension of the subspace.
        k: number of tangents.
        share: of the gradient in the subspace, from 0 to 1.
    """
    inner = moments(directions, aggregation, m, k)
    if share == 1:
        return inner

    def times(value: float | None, by: float) -> float | None:
        return None if value is None else value * by

    root = math.sqrt(share)
    return replace(
        inner,
        along=times(inner.along, share),
        squared_norm=times(inner.squared_norm, share),
        norm=times(inner.norm, root),
        cosine=times(inner.cosine, root),
        squared_cosine=times(inner.squared_cosine, share),
        squared_cosine_law=None,
    )


def spread(n: float, k: float, alpha: float, size: float, share: float) -> Moments:
    """The moments of the mean along k Gaussian tangents with covariance S = a I + (1-a) (n/s) P, P onto s dimensions.

    E estimate = S g, and by Isserlis' theorem E d² v vᵀ has the trace (gᵀS g) tr S + 2 gᵀS² g, with tr S = n; so the second
    moment of the mean is [n gᵀS g + (k+1) gᵀS² g] / k. S is a across the subspace and a + (1-a) n/s in it.

    Args:
        n: dimension.
        k: number of tangents.
        alpha: a, from 0 to 1.
        size: s, dimension of the subspace.
        share: of the gradient in the subspace, from 0 to 1.
    """
    across, inside = alpha, alpha + (1 - alpha) * n / size
    along = across * (1 - share) + inside * share
    square = across**2 * (1 - share) + inside**2 * share
    return Moments(along, (n * along + (k + 1) * square) / k)
