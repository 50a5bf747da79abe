"""Intervals and scores agree with scipy, cover as often as they say, and are standard normal where they claim to be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from benchmarks.statistics import (
    Interval,
    incomplete_beta,
    mean_interval,
    median_interval,
    order_rank,
    squared_mean_over_mean,
    standard_error,
    student_quantile,
    z_score,
)


@pytest.mark.parametrize("count", [6, 7, 15, 16, 40, 100, 999, 3000])
def test_the_order_statistics_of_the_median_agree_with_scipy(count):
    samples = np.random.default_rng(count).normal(size=count)
    expected = stats.quantile_test(samples, q=0, p=0.5).confidence_interval(0.95)
    interval = median_interval(samples)
    assert (interval.low, interval.high) == (expected.low, expected.high)
    assert interval.value == np.median(samples)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_fewer_than_six_samples_give_a_median_without_an_interval(count):
    assert median_interval(range(count)) == Interval((count - 1) / 2)
    assert order_rank(count) == 0
    assert math.isinf(median_interval(range(count)).relative_half_width)


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 63, 6000])
def test_student_quantiles_agree_with_scipy(degrees):
    assert student_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-12)


@given(st.floats(0.1, 500), st.floats(0.1, 50), st.floats(0, 1))
def test_the_incomplete_beta_function_agrees_with_scipy(a, b, x):
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-12)


def test_the_interval_of_a_mean_agrees_with_scipy():
    samples = np.random.default_rng(0).exponential(size=37)
    expected = stats.ttest_1samp(samples, 0).confidence_interval(0.95)
    interval = mean_interval(samples)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), rel=1e-12)
    assert mean_interval([3.0]) == Interval(3.0)


def test_the_relative_half_width_is_relative_to_the_size_of_the_value():
    assert Interval(-4.0, -5.0, -3.0).relative_half_width == 0.25
    assert Interval(0.0, 0.0, 0.0).relative_half_width == 0.0
    assert math.isinf(Interval(0.0, -1.0, 1.0).relative_half_width)


def test_a_score_without_skewness_is_the_plain_one():
    samples = np.array([-1.0, 1.0] * 50) + 0.3
    assert z_score(samples, 0.0) == pytest.approx(0.3 * 10)


def _estimates(n, k, draws, rng):
    """⟨e, g⟩/‖g‖² and ‖e‖²/‖g‖² of the mean of k Gaussian tangents: s/k and (s² + s r)/k², s ~ χ²_k, r ~ χ²_(n-1)."""
    s, r = rng.chisquare(k, draws), rng.chisquare(n - 1, draws)
    return s / k, (s**2 + s * r) / k**2


@pytest.mark.parametrize(("n", "k", "draws"), [(2, 1, 2400), (2, 16, 1000), (64, 1, 5800), (1000, 16, 320)])
def test_scores_of_skewed_samples_are_standard_normal(n, k, draws):
    rng = np.random.default_rng(1)
    norm, efficiency = [], []
    for _ in range(400):
        along, squared = _estimates(n, k, draws, rng)
        norm.append(z_score(squared, (n + k + 1) / k))
        efficiency.append(z_score(squared_mean_over_mean(along, squared), k / (n + k + 1)))
    assert stats.kstest(norm, "norm").pvalue > 0.001
    assert stats.kstest(efficiency, "norm").pvalue > 0.001


def test_pseudo_values_of_a_ratio_have_its_value_and_its_standard_error():
    rng = np.random.default_rng(2)
    pairs = [_estimates(10, 4, 200, rng) for _ in range(1500)]
    ratios = [squared_mean_over_mean(*pair).mean() for pair in pairs]
    errors = [standard_error(squared_mean_over_mean(*pair)) for pair in pairs]
    expected = 4 / 15
    assert abs(np.mean(ratios) - expected) < 4 * np.std(ratios) / math.sqrt(len(ratios))
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.1)


def test_a_ratio_of_constant_samples_is_exact():
    np.testing.assert_allclose(squared_mean_over_mean([2.0, 2.0], [8.0, 8.0]), [0.5, 0.5])
