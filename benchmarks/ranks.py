"""Hodges-Lehmann estimates with their exact intervals, from ranks alone: one wild sample in a few moves them little.

Beside the intervals of `benchmarks.comparison`, which a spike widens. Pure functions of numbers. Source: Hollander, Wolfe and
Chicken, Nonparametric Statistical Methods, 3rd edition, sections 3.2-3.3 (one sample) and 4.2-4.3 (two samples).
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.statistics import CONFIDENCE, Interval


def centre(samples: ArrayLike) -> Interval:
    """The centre of a symmetric law: the median of all Walsh averages (xᵢ + xⱼ)/2, i <= j, and the signed-rank interval.

    Args:
        samples: one or more numbers; an interval needs six.
    """
    values = np.asarray(samples, dtype=np.float64)
    first, second = np.triu_indices(len(values))
    return _interval((values[first] + values[second]) / 2, _subset_sums(len(values)))


def shift(base: ArrayLike, new: ArrayLike) -> Interval:
    """How far `new` lies above `base`, two laws of one shape: the median of all differences, and the rank-sum interval.

    Args:
        base: one or more numbers; an interval needs four on each side.
        new: one or more numbers, not paired with those of `base`.
    """
    a, b = np.asarray(base, dtype=np.float64), np.asarray(new, dtype=np.float64)
    return _interval(np.subtract.outer(b, a).ravel(), _rank_sums(len(a), len(b)))


def _interval(values: NDArray[np.float64], counts: tuple[int, ...]) -> Interval:
    """The median of `values` and those order statistics of them that a rank statistic with these counts leaves in."""
    ordered, rank = np.sort(values), _rank(counts)
    middle = float(np.median(ordered))
    if rank == 0:
        return Interval(middle)
    return Interval(middle, float(ordered[rank - 1]), float(ordered[-rank]))


def _rank(counts: tuple[int, ...]) -> int:
    """The largest r such that a statistic that takes the value w in counts[w] of all cases is below r in at most 2.5 %."""
    one_side = round(2 / (1 - CONFIDENCE))  # in exact integers: a tail may hold 1/40 of the cases
    everything, rank, tail = sum(counts), 0, 0
    while (tail + counts[rank]) * one_side <= everything:
        tail += counts[rank]
        rank += 1
    return rank


@cache
def _subset_sums(count: int) -> tuple[int, ...]:
    """The number of subsets of {1, ..., count} with sum w, for each w: the law of the signed-rank statistic times 2^count."""
    counts = [1]
    for item in range(1, count + 1):
        longer = [*counts, *[0] * item]
        counts = [longer[w] + (counts[w - item] if w >= item else 0) for w in range(len(longer))]
    return tuple(counts)


@cache
def _rank_sums(first: int, second: int) -> tuple[int, ...]:
    """The number of arrangements in which w of all pairs are the wrong way round, for each w: the law of the rank-sum statistic.

    These are the coefficients of the Gaussian binomial ∏ᵢ (1 - q^(second+i)) / (1 - q^i), i = 1 ... first.
    """
    size = first * second + 1
    counts = [1] + [0] * (size - 1)
    for i in range(1, first + 1):
        for w in range(size - 1, second + i - 1, -1):
            counts[w] -= counts[w - second - i]
        for w in range(i, size):
            counts[w] += counts[w - i]
    return tuple(counts)
