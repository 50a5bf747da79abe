"""Do two versions differ? Effects with their intervals, verdicts, false discovery control, and what could have been found.

The datum is the median of one fresh process: samples of one process move together, so a claim that two things differ needs
several processes on each side. Pure functions of such numbers; what they belong to is the caller's business.

A *difference* is on a scale where 0 means none: the logarithm of a ratio of times, or a difference of means over the size of the
first. The rule has two bounds on it: `band`, within which two things count as the same, and `theta`, at least as large and
widened where the machine tells equal things apart no better. And there is the *detection limit*: the change that a comparison
finds in four cases of five, and that it must not call the same in the fifth.

    same       the 95 % interval lies inside (-band, band), and a change of the detection limit is ruled out
    more       else, if it survives false discovery control and the interval lies above 0 and reaches beyond theta
    less       its mirror image
    undecided  else

Source: Georges, Buytaert and Eeckhout, OOPSLA 2007; Kalibera and Jones, ISMM 2013. The interval inside the band is the
equivalence test of two one-sided tests at 2.5 % each (Schuirmann 1987). scipy is imported where it is used: asv, which has none,
imports this file too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.ranks import centre, shift
from benchmarks.statistics import CONFIDENCE, Interval

FALSE_DISCOVERIES = 1 - CONFIDENCE
"""Share of wrong ones among the cells that are called different, in expectation."""

LEAST_PROCESSES = 6
"""Processes on each side that a verdict needs: for fewer the coverage of the intervals was not shown."""

LEAST_SEEDS = LEAST_PROCESSES
"""Seeds that a verdict over seeds needs, for the same reason."""

POWER = 0.8
"""Chance with which the detection limit is found."""

RULED_OUT = NormalDist().inv_cdf(1 - 1 / 2000)
"""Standard errors beyond the estimate from which on a change is ruled out: for one in 2000 it is not."""


class Verdict(StrEnum):
    """What a comparison comes to: more, less, the same, or not known."""

    MORE = "more"
    LESS = "less"
    SAME = "same"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Difference:
    """How far NEW lies from BASE.

    Attributes:
        value: the estimate.
        low: lower end of its 95 % interval; infinite where there are too few numbers for one.
        high: upper end.
        p: probability of a value at least as far from 0 if there were no difference; 1 without an interval.
        error: standard error of the value; infinite without an interval.
        degrees: degrees of freedom behind the error.
        robust: the Hodges-Lehmann estimate with its interval, where there is one.
    """

    value: float
    low: float
    high: float
    p: float
    error: float
    degrees: float
    robust: Interval | None = None


def paired(base: ArrayLike, new: ArrayLike) -> Difference:
    """The log ratio of NEW to BASE from pairs of processes, with Student's interval of the differences.

    Args:
        base: [P] medians of processes, above zero.
        new: [P] those measured beside them, in the same order.
    """
    differences = np.log(np.asarray(new, dtype=np.float64)) - np.log(np.asarray(base, dtype=np.float64))
    return _student(float(differences.mean()), _squared_error(differences), len(differences) - 1, centre(differences))


def unpaired(base: ArrayLike, new: ArrayLike) -> Difference:
    """The log ratio of NEW to BASE from processes that are not pairs, with Welch's interval.

    Args:
        base: medians of processes, above zero.
        new: the same of the other side; not necessarily as many.
    """
    a, b = np.log(np.asarray(base, dtype=np.float64)), np.log(np.asarray(new, dtype=np.float64))
    errors = (_squared_error(a), _squared_error(b))
    degrees = _welch_degrees(errors, (len(a) - 1, len(b) - 1))
    return _student(float(b.mean() - a.mean()), sum(errors), degrees, shift(a, b))


def of_pairs(base: ArrayLike, new: ArrayLike) -> Difference:
    """The mean difference of pairs over the size of the mean of BASE, which is taken as given, with Student's interval.

    For numbers that may be negative, such as losses; `paired` is for ratios of times.

    Args:
        base: [S] numbers whose mean is not zero.
        new: [S] those that belong to them, in the same order.
    """
    before, after = np.asarray(base, dtype=np.float64), np.asarray(new, dtype=np.float64)
    differences = (after - before) / abs(float(before.mean()))
    return _student(float(differences.mean()), _squared_error(differences), len(differences) - 1, centre(differences))


def of_means(base: float, new: float, errors: tuple[float, float], degrees: tuple[float, float]) -> Difference:
    """The difference of two means over the size of the first, which is taken as given, with Welch's interval.

    Args:
        base: a mean, not zero.
        new: the other.
        errors: their standard errors.
        degrees: the degrees of freedom behind these.
    """
    squared = (errors[0] ** 2, errors[1] ** 2)
    return _student((new - base) / abs(base), sum(squared) / base**2, _welch_degrees(squared, degrees))


@dataclass(frozen=True)
class Sensitivity:
    """What a comparison can find, for `same` to be held to.

    Attributes:
        limit: the detection limit, on the scale of differences.
        error: standard error of a difference, from more than one cell; a cell's own is known from a few processes only, and
            where it comes out small by chance a change would pass for none.
    """

    limit: float = math.inf
    error: float = 0.0


def verdict(
    difference: Difference, adjusted_p: float, band: float, theta: float, sensitivity: Sensitivity = Sensitivity()
) -> Verdict:
    """What a difference comes to; the rule stands at the top of this file.

    Args:
        difference: of one cell.
        adjusted_p: its p after `benjamini_hochberg` over all cells.
        band: the largest difference that still counts as the same.
        theta: the largest that an interval may hold for its cell not to be called different; at least `band`.
        sensitivity: of the comparison; by default nothing beyond the interval is asked for.
    """
    if -band < difference.low and difference.high < band:
        error = max(difference.error, sensitivity.error)
        return Verdict.SAME if abs(difference.value) + RULED_OUT * error < sensitivity.limit else Verdict.UNDECIDED
    if adjusted_p <= FALSE_DISCOVERIES and difference.low > 0 and difference.high > theta:
        return Verdict.MORE
    if adjusted_p <= FALSE_DISCOVERIES and difference.high < 0 and difference.low < -theta:
        return Verdict.LESS
    return Verdict.UNDECIDED


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """The smallest rate of false discoveries at which each would be one, in the order given.

    Source: Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57, equation 1.
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(-values)
    scaled = values[order] * len(values) / np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum.accumulate(np.minimum(scaled, 1.0)) if len(values) else scaled
    return [float(value) for value in adjusted]


def detection_limit(difference: Difference, theta: float) -> float:
    """The smallest true difference of at least theta that this many processes with this spread find in 80 of 100 cases.

    For a cell that is judged by itself: among many, false discovery control asks for more. Infinite without an interval.
    """
    if not math.isfinite(difference.error):
        return math.inf
    from scipy.special import nctdtrinc, stdtrit

    quantile = stdtrit(difference.degrees, (1 + CONFIDENCE) / 2)
    return max(theta, difference.error * float(nctdtrinc(difference.degrees, 1 - POWER, quantile)))


def typical_error(differences: Sequence[Difference]) -> float:
    """The standard error of a typical cell, from the median of all squared ones; 0 for no cells.

    A squared error with s degrees of freedom has a median of χ²ₛ(1/2)/s times its mean, which is taken out. Neither a few noisy
    cells nor a few slow processes move it.

    Args:
        differences: of cells that were measured alike.
    """
    if not differences:
        return 0.0
    from scipy.special import chdtri

    degrees = float(np.median([difference.degrees for difference in differences]))
    square = float(np.median([difference.error**2 for difference in differences]))
    return math.sqrt(square * degrees / float(chdtri(degrees, 0.5)))


def error_behind(half_width: float, degrees: float) -> float:
    """The standard error behind the half-width of Student's 95 % interval."""
    from scipy.special import stdtrit

    return half_width / float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def _student(value: float, squared_error: float, degrees: float, robust: Interval | None = None) -> Difference:
    if not math.isfinite(squared_error):
        return Difference(value, -math.inf, math.inf, 1.0, math.inf, 0.0, robust)
    if squared_error == 0:
        return Difference(value, value, value, float(value == 0), 0.0, degrees, robust)
    from scipy.special import stdtr, stdtrit

    error = math.sqrt(squared_error)
    half = float(stdtrit(degrees, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(degrees, -abs(value) / error))
    return Difference(value, value - half, value + half, p, error, degrees, robust)


def _squared_error(values: NDArray[np.float64]) -> float:
    """Of the mean; infinite for a single value."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else math.inf


def _welch_degrees(squared_errors: tuple[float, float], degrees: tuple[float, float]) -> float:
    """Degrees of freedom of a sum of two variances (Welch 1947, Satterthwaite 1946)."""
    first, second = squared_errors
    if first + second == 0 or not math.isfinite(first + second):
        return float(sum(degrees))
    return (first + second) ** 2 / (first**2 / degrees[0] + second**2 / degrees[1])
