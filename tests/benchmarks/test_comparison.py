"""Differences agree with scipy's tests, their intervals cover as often as they say, and verdicts keep to the rule."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.comparison import (
    RULED_OUT,
    Difference,
    Sensitivity,
    Verdict,
    benjamini_hochberg,
    detection_limit,
    error_behind,
    of_means,
    of_pairs,
    paired,
    typical_error,
    unpaired,
    verdict,
)

BAND = math.log(1.03)
SPREAD = 0.01  # standard deviation of the logarithm, process to process
SPIKE, LARGEST_SPIKE = 0.1, 0.5  # a process in ten is slower, by up to a half


def _difference(low, high, p=0.0):
    return Difference((low + high) / 2, low, high, p, (high - low) / 4, 5)


def _processes(rng, count, spikes):
    logarithms = rng.normal(0, SPREAD, count)
    if spikes:
        logarithms = logarithms + np.log1p((rng.random(count) < SPIKE) * rng.uniform(0, LARGEST_SPIKE, count))
    return np.exp(logarithms)


def _coverage(compare, count, spikes, repetitions):
    """Share of comparisons of equal things whose interval holds 0, from draws fixed by their arguments."""
    rng = np.random.default_rng([count, spikes, compare is paired])
    found = (compare(_processes(rng, count, spikes), _processes(rng, count, spikes)) for _ in range(repetitions))
    return sum(difference.low <= 0 <= difference.high for difference in found) / repetitions


def _allowed(repetitions, least, most):
    """The bounds on a coverage, widened by four binomial standard deviations."""
    return tuple(share + sign * 4 * math.sqrt(share * (1 - share) / repetitions) for share, sign in ((least, -1), (most, 1)))


@pytest.mark.parametrize("spikes", [False, True], ids=["steady", "spikes"])
@pytest.mark.parametrize("count", [6, 20])
@pytest.mark.parametrize("compare", [paired, unpaired])
def test_intervals_cover(compare, count, spikes):
    least, most = _allowed(1000, 0.93, 1.0 if spikes else 0.98)
    assert least <= _coverage(compare, count, spikes, 1000) <= most


@pytest.mark.slow
@pytest.mark.parametrize("spikes", [False, True], ids=["steady", "spikes"])
@pytest.mark.parametrize("count", range(6, 21))
@pytest.mark.parametrize("compare", [paired, unpaired])
def test_intervals_cover_for_every_number_of_processes(compare, count, spikes):
    covered = _coverage(compare, count, spikes, 20_000)  # binomial standard deviation 0.15 % at 95 %
    assert covered >= 0.93
    assert spikes or covered <= 0.98


def test_a_paired_difference_agrees_with_scipy():
    rng = np.random.default_rng(0)
    base, new = np.exp(rng.normal(0, 0.1, 9)), np.exp(rng.normal(0.05, 0.1, 9))
    expected = stats.ttest_rel(np.log(new), np.log(base))
    found = paired(base, new)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-10)
    assert (found.low, found.high) == pytest.approx(expected.confidence_interval(0.95), rel=1e-10)
    assert found.value == pytest.approx(np.log(stats.gmean(new) / stats.gmean(base)))


def test_an_unpaired_difference_agrees_with_scipy():
    rng = np.random.default_rng(1)
    base, new = np.exp(rng.normal(0, 0.3, 6)), np.exp(rng.normal(0.2, 0.1, 11))
    expected = stats.ttest_ind(np.log(new), np.log(base), equal_var=False)
    found = unpaired(base, new)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-10)
    assert (found.low, found.high) == pytest.approx(expected.confidence_interval(0.95), rel=1e-10)
    assert found.degrees == pytest.approx(expected.df)


def test_a_difference_of_means_agrees_with_scipy_and_is_relative_to_the_first():
    rng = np.random.default_rng(2)
    base, new = rng.normal(-4, 1, 30), rng.normal(-3, 2, 50)
    errors = (stats.sem(base), stats.sem(new))
    expected = stats.ttest_ind(new, base, equal_var=False)
    found = of_means(base.mean(), new.mean(), errors, (29, 49))
    assert found.p == pytest.approx(expected.pvalue, rel=1e-10)
    interval = np.array(expected.confidence_interval(0.95)) / abs(base.mean())
    assert (found.low, found.high) == pytest.approx(tuple(interval), rel=1e-10)


def test_pairs_cancel_what_moves_both():
    rng = np.random.default_rng(3)
    drift = np.exp(rng.normal(0, 0.3, 10))
    base, new = drift * _processes(rng, 10, False), 1.05 * drift * _processes(rng, 10, False)
    assert paired(base, new).error < unpaired(base, new).error / 5
    assert paired(base, new).value == pytest.approx(unpaired(base, new).value)


@pytest.mark.parametrize("compare", [paired, unpaired])
def test_one_process_on_each_side_gives_a_ratio_and_leaves_everything_open(compare):
    found = compare([2.0], [4.0])
    assert found.value == pytest.approx(math.log(2))
    assert (found.low, found.high, found.p) == (-math.inf, math.inf, 1.0)
    assert verdict(found, found.p, BAND, BAND) is Verdict.UNDECIDED
    assert detection_limit(found, BAND) == math.inf


@pytest.mark.parametrize("compare", [paired, unpaired])
def test_numbers_without_spread_are_compared_as_they_are(compare):
    assert compare([2.0, 2.0], [2.0, 2.0]).p == 1
    found = compare([2.0, 2.0], [3.0, 3.0])
    assert found.low == found.high == found.value == pytest.approx(math.log(1.5))
    assert found.p == 0
    assert detection_limit(found, BAND) == BAND


@pytest.mark.parametrize(
    ("low", "high", "adjusted_p", "theta", "expected"),
    [
        (-0.01, 0.01, 1.0, BAND, "same"),
        (0.01, 0.02, 0.0, BAND, "same"),  # surely above 0, and surely within the band
        (-BAND, 0.01, 1.0, BAND, "undecided"),  # the band does not hold its border
        (-0.01, BAND, 1.0, BAND, "undecided"),
        (0.001, 0.05, 0.05, BAND, "more"),
        (0.001, 0.05, 0.0501, BAND, "undecided"),  # does not survive false discovery control
        (-0.05, -0.001, 0.05, BAND, "less"),
        (0.04, 0.06, 0.0, BAND, "more"),
        (0.001, 0.05, 0.0, 0.05, "undecided"),  # no more than equal things differ by on this machine
        (0.001, 0.051, 0.0, 0.05, "more"),
        (-0.051, -0.001, 0.0, 0.05, "less"),
        (-0.04, 0.04, 1.0, 0.05, "undecided"),  # within theta, and not within the band: never the same
        (-0.5, 0.5, 1.0, BAND, "undecided"),
    ],
)
def test_verdicts_at_the_borders_of_the_rule(low, high, adjusted_p, theta, expected):
    assert verdict(_difference(low, high), adjusted_p, BAND, theta) == expected


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 0.5), st.floats(0, 0.5))
def test_same_is_said_only_of_intervals_inside_the_band_and_mirrored_data_have_mirrored_verdicts(value, half, p, band, more):
    difference = Difference(value, value - half, value + half, p, half, 5)
    mirrored = Difference(-value, -value - half, -value + half, p, half, 5)
    mirror = {Verdict.MORE: Verdict.LESS, Verdict.LESS: Verdict.MORE}
    found = verdict(difference, p, band, band + more)
    assert (found is Verdict.SAME) == (max(-difference.low, difference.high) < band)
    assert verdict(mirrored, p, band, band + more) == mirror.get(found, found)


def test_a_change_as_large_as_the_band_is_hardly_ever_called_the_same():
    """Its interval lies inside with 2.5 % at most, and only where the spread is small; four standard deviations are allowed."""
    rng = np.random.default_rng(5)
    pairs = ((_processes(rng, 6, False), 1.03 * _processes(rng, 6, False)) for _ in range(2000))
    same = sum(verdict(paired(*pair), 0.0, BAND, BAND) is Verdict.SAME for pair in pairs)
    assert same / 2000 <= _allowed(2000, 0.0, 0.025)[1]


@pytest.mark.parametrize(
    ("value", "error", "limit", "expected"),
    [
        (0.0, 0.0, BAND, "same"),
        (0.01, 0.0, BAND, "same"),
        (0.01, 0.0059, BAND, "same"),  # 3.3 of them short of the limit
        (0.01, 0.0060, BAND, "undecided"),
        (-0.01, 0.0060, BAND, "undecided"),
        (0.01, 0.0060, 2 * BAND, "same"),
        (0.01, 0.0, 0.01 + RULED_OUT * 0.001, "undecided"),  # its own error of 0.001 is the larger one
        (0.01, 0.0, 0.0101 + RULED_OUT * 0.001, "same"),
    ],
)
def test_the_same_is_only_what_the_detection_limit_is_ruled_out_for(value, error, limit, expected):
    found = Difference(value, value - 0.002, value + 0.002, 1.0, 0.001, 5)
    assert verdict(found, 1.0, BAND, BAND, Sensitivity(limit, error)) == expected


def test_a_change_of_the_detection_limit_is_called_the_same_in_one_case_of_a_thousand_at_most():
    """Families of 20 cells whose processes spread by 1 %, all changed by the limit of 3 %, six pairs: and equal ones mostly are.

    Without the error that is pooled over a family it would be 2.5 %. Four standard deviations are allowed.
    """
    rng, same = np.random.default_rng(8), {1.0: 0, 1.03: 0}
    for _ in range(150):
        for change in same:
            found = [paired(_processes(rng, 6, False), change * _processes(rng, 6, False)) for _ in range(20)]
            sensitivity = Sensitivity(BAND, typical_error(found))
            same[change] += sum(verdict(one, one.p, BAND, BAND, sensitivity) is Verdict.SAME for one in found)
    assert same[1.03] / 3000 <= _allowed(3000, 0.0, 0.001)[1]
    assert same[1.0] / 3000 >= _allowed(3000, 0.75, 1.0)[0]


def test_the_typical_error_is_that_of_most_cells():
    rng = np.random.default_rng(9)
    found = [paired(_processes(rng, 6, False), _processes(rng, 6, False)) for _ in range(2000)]
    true = SPREAD * math.sqrt(2 / 6)
    assert typical_error(found) == pytest.approx(true, rel=0.1)
    wild = Difference(0.0, -1.0, 1.0, 1.0, 0.4, 5)
    assert typical_error([*found, *[wild] * 100]) == pytest.approx(true, rel=0.1)
    assert typical_error([]) == 0


@pytest.mark.parametrize("degrees", [5, 9.3])
def test_the_error_behind_a_half_width_is_students(degrees):
    assert error_behind(stats.t.ppf(0.975, degrees) * 0.007, degrees) == pytest.approx(0.007)


def test_equal_cells_are_hardly_ever_called_different():
    """In at most 5 % of families of 20 cells is any called different; four standard deviations are allowed."""
    rng, wrong = np.random.default_rng(6), 0
    for _ in range(300):
        found = [paired(_processes(rng, 6, False), _processes(rng, 6, False)) for _ in range(20)]
        adjusted = benjamini_hochberg([difference.p for difference in found])
        verdicts = [verdict(difference, p, BAND, BAND) for difference, p in zip(found, adjusted, strict=True)]
        wrong += bool({Verdict.MORE, Verdict.LESS} & set(verdicts))
    assert wrong / 300 <= _allowed(300, 0.0, 0.05)[1]


@pytest.mark.parametrize("count", [6, 20])
@pytest.mark.parametrize("spread", [0.01, 0.03])
def test_a_change_of_the_detection_limit_is_found_in_four_cases_of_five(count, spread):
    rng = np.random.default_rng(7)
    true = Difference(0.0, 0.0, 0.0, 1.0, spread * math.sqrt(2 / count), count - 1)
    limit = detection_limit(true, BAND)
    draws = (np.exp(rng.normal(shift, spread, (2000, count))) for shift in (0.0, limit))
    found = [paired(*pair) for pair in zip(*draws, strict=True)]
    more = sum(verdict(difference, difference.p, BAND, BAND) is Verdict.MORE for difference in found) / 2000
    assert more >= _allowed(2000, 0.8, 1.0)[0]
    assert limit == BAND or more <= _allowed(2000, 0.0, 0.8)[1]


def test_where_processes_spread_by_one_per_cent_six_pairs_detect_three():
    spread = Difference(0.0, 0.0, 0.0, 1.0, 0.01 * math.sqrt(2 / 6), 5)
    assert detection_limit(spread, BAND) == BAND


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discovery_control_agrees_with_scipy(p):
    assert benjamini_hochberg(p) == pytest.approx(list(stats.false_discovery_control(p, method="bh")), abs=1e-12)


def test_no_cells_have_no_discoveries():
    assert benjamini_hochberg([]) == []


def test_means_of_pairs_are_judged_by_their_differences_over_the_size_of_the_first() -> None:
    base, new = [-1.0, -2.0, -3.0, -6.0], [-0.8, -1.9, -2.5, -6.2]
    found = of_pairs(base, new)
    differences = np.subtract(new, base) / 3
    interval = stats.ttest_1samp(differences, 0.0).confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((differences.mean(), interval.low, interval.high))
    assert found.p == pytest.approx(stats.ttest_1samp(differences, 0.0).pvalue)
    assert not math.isfinite(of_pairs([1.0], [2.0]).high)
