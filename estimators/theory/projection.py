"""The orthogonal projection of the gradient onto the span of k tangents, by law of the tangents. Lengths play no part."""

import math
from dataclasses import replace

from estimators.theory.beta import projection_law
from estimators.theory.law import Law
from estimators.theory.moments import Moments, exact
from estimators.theory.tangent import tangent

_FULL_RANK_FROM = 64  # n from which k <= n/2 random sign vectors are dependent with probability below 2^-50
_UNIFORM = ("gaussian", "sphere", "orthogonal", "angle")


def onto_random_subspace(n: float, k: float) -> Moments:
    """The projection onto a uniformly random subspace of min(k, n) dimensions: its length is the cosine."""
    if k >= n:
        return exact()
    direction = projection_law(n, k)
    return Moments(k / n, k / n, direction.mean_root).of_direction(direction)


def projection(law: Law, n: float, k: float) -> Moments:
    """The moments of V⁺ V g, V the k tangents.

    Where the law's symmetries leave only multiples of the identity invariant, E[V⁺ V] = E[rank]/n I: then mean, squared norm and
    squared cosine are E[rank]/n for every gradient, while the cosine itself may depend on it.

    Args:
        law: of the tangents, in its simplest form.
        n: dimension.
        k: number of tangents.
    """
    if law.unpaired is not None:
        return projection(law.unpaired.simplest(n), n, math.ceil(k / 2))
    if law.name in _UNIFORM:
        return onto_random_subspace(n, 1 if law.name == "angle" and law.turn == 0 else k)
    if k >= n and law.name in ("basis", "varying-length", "low-rank"):
        return exact()
    if law.name == "varying-length":
        return _of_rank(n, k)
    one = tangent(law, n)
    share = None if one is None else one.squared_cosine
    if share is None:
        return Moments()
    if n == 1:
        return exact() if share == 1 else _of_rank(n, 1 - (1 - share) ** k)
    if k == 1:
        return _of_rank(n, share * n)
    return _of_rank(n, k) if _independent_tangents(law, n, k) else Moments()


def _of_rank(n: float, rank: float) -> Moments:
    """Of an expected rank; in one dimension the rank, 0 or 1, is the cosine and the length too."""
    known = Moments(along=rank / n, squared_norm=rank / n, squared_cosine=rank / n)
    return known if n > 1 else replace(known, norm=rank, cosine=rank)


def _independent_tangents(law: Law, n: float, k: float) -> bool:
    """Whether k < n tangents are linearly independent with a probability that nobody would tell from 1."""
    if law.name == "rademacher":
        return n >= _FULL_RANK_FROM and k <= n / 2
    if law.name == "block":  # all of them may fall on one tensor
        return k <= math.prod(law.shapes[0])
    return law.name == "low-rank"
