"""Hodges-Lehmann intervals agree with what counting all cases one by one gives, and with scipy's laws."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from benchmarks.ranks import centre, shift
from benchmarks.statistics import Interval


def _naive_centre(samples):
    """All Walsh averages; leave out as many at each end as the signed-rank sum of random signs allows for, case by case."""
    averages = sorted((a + b) / 2 for i, a in enumerate(samples) for b in samples[i:])
    ranks = range(1, len(samples) + 1)
    sums = [sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign) for signs in product((0, 1), repeat=len(samples))]
    left_out = max((r for r in range(len(averages)) if np.mean([w < r for w in sums]) <= 0.025), default=0)
    return averages[left_out - 1], averages[-left_out]


def _naive_shift(base, new):
    """All differences; leave out as many as the number of inversions of a random labelling allows for, case by case."""
    differences = sorted(b - a for a in base for b in new)
    everything = range(len(base) + len(new))
    sums = []
    for chosen in combinations(everything, len(new)):
        others = [place for place in everything if place not in chosen]
        sums.append(sum(place > other for place in chosen for other in others))
    left_out = max((r for r in range(len(differences)) if np.mean([w < r for w in sums]) <= 0.025), default=0)
    return differences[left_out - 1], differences[-left_out]


@pytest.mark.parametrize("count", [6, 7, 9, 12])
def test_the_signed_rank_interval_is_that_of_counting_every_case(count):
    samples = np.random.default_rng(count).normal(size=count)
    interval = centre(samples)
    assert (interval.low, interval.high) == pytest.approx(_naive_centre(list(samples)), abs=1e-15)


@pytest.mark.parametrize(("first", "second"), [(4, 4), (6, 6), (4, 7), (7, 5)])
def test_the_rank_sum_interval_is_that_of_counting_every_case(first, second):
    rng = np.random.default_rng(first + second)
    base, new = rng.normal(size=first), rng.normal(size=second)
    interval = shift(base, new)
    assert (interval.low, interval.high) == pytest.approx(_naive_shift(list(base), list(new)), abs=1e-15)


@pytest.mark.parametrize("seed", range(8))
def test_zero_lies_outside_exactly_when_scipys_exact_tests_reject(seed):
    rng = np.random.default_rng(seed)
    samples, others = rng.normal(0.7, 1, 15), rng.normal(0, 1, 13)
    interval = centre(samples)
    assert (interval.low * interval.high > 0) == (stats.wilcoxon(samples, method="exact").pvalue <= 0.05)
    interval = shift(others, samples)
    rejected = stats.mannwhitneyu(others, samples, method="exact").pvalue <= 0.05
    assert (interval.low * interval.high > 0) == rejected


def test_one_wild_sample_moves_the_estimate_little_and_the_interval_not_beyond_the_others():
    samples = np.arange(20) / 20
    wild = np.append(samples[:-1], 1e6)
    assert abs(centre(wild).value - centre(samples).value) < 0.05
    assert centre(wild).high < 1


def test_too_few_samples_give_an_estimate_without_an_interval():
    assert centre([3.0]) == Interval(3.0)
    assert centre([1.0, 2.0, 3.0, 4.0, 5.0]) == Interval(3.0)
    assert centre(range(6)).low == 0
    assert shift([1.0], [3.0]) == Interval(2.0)
    assert shift([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]) == Interval(1.0)
