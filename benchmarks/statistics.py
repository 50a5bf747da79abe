"""Intervals and scores from samples: pure functions of numbers, with numpy and math alone.

An interval here is a 95 % interval over the samples it is given; whether these stand for one process or for many is for the
caller to say.
"""

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
NORMAL_QUANTILE = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True)
class Interval:
    """A number with the ends of its confidence interval; both ends None where the samples are too few for one."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def relative_half_width(self) -> float:
        """Half the interval's length over the value's size; infinite without an interval, 0 for a point."""
        if self.low is None or self.high is None:
            return math.inf
        half = (self.high - self.low) / 2
        return half / abs(self.value) if self.value else (0.0 if half == 0 else math.inf)


def median_interval(samples: ArrayLike) -> Interval:
    """The median, and the order statistics that enclose the true one with 95 % for every continuous law.

    Args:
        samples: one or more numbers; an interval needs six.
    """
    ordered = np.sort(np.asarray(samples, dtype=np.float64))
    rank, value = order_rank(len(ordered)), float(np.median(ordered))
    if rank == 0:
        return Interval(value)
    return Interval(value, float(ordered[rank - 1]), float(ordered[-rank]))


@cache
def order_rank(count: int) -> int:
    """The largest r such that the r-th smallest and the r-th largest of `count` samples enclose the median with 95 %.

    P(X₍ᵣ₎ <= median <= X₍count+1-r₎) = 1 - 2 P(Binomial(count, 1/2) < r), in exact integers. 0 where not even the extremes do.
    """
    one_side = round(2 / (1 - CONFIDENCE))  # a tail may hold 1/40 of the probability
    rank, tail, term = 0, 0, 1
    while (tail + term) * one_side <= 1 << count:
        tail += term
        term = term * (count - rank) // (rank + 1)
        rank += 1
    return rank


def mean_interval(samples: ArrayLike) -> Interval:
    """The mean with Student's interval; no interval for a single sample.

    Args:
        samples: one or more numbers.
    """
    values = np.asarray(samples, dtype=np.float64)
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean)
    half = student_quantile(len(values) - 1) * standard_error(values)
    return Interval(mean, mean - half, mean + half)


def standard_error(samples: ArrayLike) -> float:
    """The standard error of the mean of two or more samples."""
    values = np.asarray(samples, dtype=np.float64)
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def z_score(samples: ArrayLike, expected: float) -> float:
    """How far the mean lies from `expected`, on a scale that is standard normal when that is the true mean.

    (mean - expected) / standard error is skewed where the samples are: with squares of Gaussians it passes -4 far too often.
    Hall's monotone transformation takes that out to the next order: with W = (mean - expected)/s, skewness γ, N samples,
    √N (W + γ W²/3 + γ² W³/27 + γ/(6N)). Source: Hall 1992, On the removal of skewness by transformation, J. R. Stat. Soc. B 54.

    Args:
        samples: independent; not all equal.
        expected: the mean to compare with.
    """
    values = np.asarray(samples, dtype=np.float64)
    count, mean, spread = len(values), values.mean(), values.std()
    skewness = float((((values - mean) / spread) ** 3).mean())
    w = float((mean - expected) / spread)
    return math.sqrt(count) * (w + skewness * w**2 / 3 + skewness**2 * w**3 / 27 + skewness / (6 * count))


def squared_mean_over_mean(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    """Pseudo-values of mean(numerator)² / mean(denominator), by the delta method.

    Their mean is the ratio without its bias of order 1/N, and their spread gives its standard error, so that `mean_interval` and
    `z_score` apply to them as to samples.

    Args:
        numerator: [N] samples.
        denominator: [N] samples of the same draws, with a positive mean.
    """
    p, q = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    slope = p.mean() / q.mean()
    bias = (p - slope * q).var(ddof=1) / (q.mean() * len(p)) if len(p) > 1 else 0.0
    pseudo: NDArray[np.float64] = slope * (2 * p - slope * q) - bias
    return pseudo


@cache
def student_quantile(degrees: int) -> float:
    """The half-width of Student's 95 % interval in standard errors: P(|T| <= t) = 0.95 with `degrees` degrees of freedom."""
    low, high = NORMAL_QUANTILE, 13.0  # the values for infinitely many and for one
    for _ in range(60):
        middle = (low + high) / 2
        if incomplete_beta(degrees / 2, 0.5, degrees / (degrees + middle**2)) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction.

    Source: Press et al., Numerical Recipes, section 6.4; DLMF 8.17.22.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / (1 + even * d), 1 + even / c
        fraction *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / (1 + odd * d), 1 + odd / c
        fraction *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return front * fraction
