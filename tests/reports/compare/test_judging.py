"""Verdicts are drawn where they can be, by processes, exactly or by means over draws, and withheld with a reason elsewhere."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.comparison import paired, unpaired
from benchmarks.doctor.noise import NoiseFloor, Place
from reports.compare import Rule, compare

STEADY = [3.0, 3.01, 2.99, 3.0, 3.02, 2.98]


@pytest.fixture
def rows(make_run):
    """The rows of a comparison of two lists of records; further keywords go into the header of NEW."""
    number = itertools.count()

    def find(base, new, rule=None, **header):
        folders = (make_run(base, name=f"{next(number)}"), make_run(new, name=f"{next(number)}", **header))
        return compare(*folders, rule or Rule()).rows

    return find


def _times(factor, spread=1.0):
    return [factor * 3.0 * (value / 3.0) ** spread for value in reversed(STEADY)]


@pytest.mark.parametrize(
    ("factor", "spread", "expected", "loss"),
    [
        (1.0, 1.0, "same", False),
        (1.02, 1.0, "same", False),
        (1.1, 1.0, "slower", True),
        (0.9, 1.0, "faster", False),
        (1.02, 2.5, "slower", False),  # decided, and not by more than the threshold
        (1.1, 20.0, "undecided", False),
    ],
)
def test_times_are_judged_by_the_medians_of_processes(rows, timed, factor, spread, expected, loss):
    [row] = rows(timed(STEADY), timed(_times(factor, spread), first=20))
    assert (row.compared.word(row.verdict), row.loss(Rule())) == (expected, loss)
    assert not row.in_pairs
    assert row.difference == unpaired(STEADY, _times(factor, spread))
    assert row.new / row.base == pytest.approx(math.exp(row.difference.value))


def test_processes_measured_in_turns_are_compared_in_pairs(rows, timed):
    drift = np.linspace(1, 2, 6)
    base, new = list(drift * STEADY), list(1.1 * drift * STEADY[::-1])
    [row] = rows(timed(base), timed(new, first=1))
    assert row.in_pairs
    assert row.difference == paired(base, new)
    assert row.compared.word(row.verdict) == "slower"
    [row] = rows(timed(base), timed(new, first=20))
    assert row.compared.word(row.verdict) == "undecided"


def test_a_pair_that_lost_a_process_is_left_out(rows, timed):
    base, new = timed([3.0] * 8), timed([3.0] * 8, first=1)
    [row] = rows(base, new[:3] + new[4:])
    assert row.in_pairs
    assert row.counts == (7, 7)


@pytest.mark.parametrize("count", [1, 5])
def test_fewer_than_six_processes_have_a_ratio_and_no_verdict(rows, timed, count):
    [row] = rows(timed(STEADY[:count]), timed(_times(2.0), first=20))
    assert not row.judged
    assert row.verdict == "undecided"
    assert f"run again with --processes 6 (here {count} and 6)" in row.reason
    assert row.difference.value == pytest.approx(math.log(2), abs=0.02)
    assert math.isfinite(row.difference.high) == (count > 1)


def test_six_processes_have_a_verdict(rows, timed):
    [row] = rows(timed(STEADY), timed(_times(2.0), first=20))
    assert row.judged


def test_a_cell_that_differs_among_many_must_survive_false_discovery_control(rows, timed):
    lone = timed([3 * value for value in np.exp(np.linspace(-0.02, 0.02, 6))], "lone")
    slower = timed([3 * value for value in np.exp(np.linspace(-0.02, 0.02, 6) + 0.022)], "lone", first=20)
    [row] = rows(lone, slower)
    assert (row.difference.p < 0.05, row.verdict) == (True, "more")
    others = [[record for number in range(20) for record in timed(STEADY, f"other-{number}", first=at)] for at in (0, 20)]
    found = rows([*lone, *others[0]], [*slower, *others[1]])
    assert len(found) == 21
    assert (found[0].difference.p, found[0].verdict) == (row.difference.p, "undecided")


def test_a_noise_floor_above_the_threshold_forbids_small_verdicts_and_widens_no_same(rows, timed):
    base, new = timed(STEADY), timed(_times(1.035), first=20)
    assert [row.verdict for row in rows(base, new)] == ["more"]
    noisy = Rule(noise_floor=0.06)
    assert [row.verdict for row in rows(base, new, noisy)] == ["undecided"]
    assert [row.verdict for row in rows(base, timed(_times(1.2), first=20), noisy)] == ["more"]
    assert [row.limit(noisy) for row in rows(base, new, noisy)] == [pytest.approx(0.06)]
    assert Rule(noise_floor=0.01).theta == Rule().theta


def test_what_the_machine_cannot_tell_from_the_detection_limit_is_not_called_the_same(rows, timed):
    base, new = timed(STEADY), timed(_times(1.015), first=20)
    assert [row.verdict for row in rows(base, new)] == ["same"]
    assert [row.verdict for row in rows(base, new, Rule(noise_floor=0.02, limit=0.03))] == ["undecided"]
    assert [row.verdict for row in rows(base, new, Rule(noise_floor=0.02, limit=0.06))] == ["same"]


def test_cells_beside_it_say_how_much_a_cell_is_to_be_believed(rows, timed):
    noisy = [[record for number in range(8) for record in timed(_times(1, 6.0), f"noisy-{number}", first=at)] for at in (0, 20)]
    base, new = timed(STEADY), timed(_times(1.015), first=20)
    assert rows([*base, *noisy[0]], [*new, *noisy[1]])[0].verdict == "undecided"
    assert rows(base, new)[0].verdict == "same"


def test_a_rule_from_a_noise_floor_has_its_half_width_and_its_detection_limit():
    floor = NoiseFloor(Place("", "", "cpu", 1, ""), "2026-11-21T10:00:00+00:00", 0.03, 0.03, 20, 6, 4)
    rule = Rule.of(floor, 6, 0.02)
    assert (rule.threshold, rule.noise_floor, rule.limit) == (0.02, floor.half_width(6), floor.detection_limit(6, 0.02))
    assert "in turns, from 6 pairs that ran equal code on 2026-11-21" in rule.source
    assert Rule.of(replace(floor, spread=9.0, apart=9.0), 6).noise_floor < 1


def test_runs_one_after_the_other_are_judged_by_the_spread_of_processes_apart():
    floor = NoiseFloor(Place("", "", "cpu", 1, ""), "2026-11-21T10:00:00+00:00", 0.01, 0.05, 20, 6, 4)
    rule = Rule.of(floor, 6, in_turns=False)
    assert rule.noise_floor == Rule.of(replace(floor, spread=0.05), 6).noise_floor
    assert rule.limit == Rule.of(replace(floor, spread=0.05), 6).limit
    assert "one after the other" in rule.source


@pytest.mark.parametrize("name", ["threshold", "noise_floor", "limit"])
@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, math.nan])
def test_a_rule_out_of_bounds_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must lie between 0 and 1"):
        Rule(**{name: value})


@pytest.mark.parametrize(
    ("base", "new", "expected", "loss"),
    [
        (1000, 1000, "equal", False),
        (1000, 1001, "more", False),
        (1000, 1030, "more", False),  # not beyond the threshold of 3 %
        (1000, 1031, "more", True),
        (1000, 500, "less", False),
        (0, 0, "equal", False),
        (0, 1, "more", True),  # more than any multiple of nothing
    ],
)
def test_bytes_are_compared_exactly(rows, single, base, new, expected, loss):
    [row] = rows([single("memory", peak_bytes=base)], [single("memory", peak_bytes=new)])
    assert (row.compared.word(row.verdict), row.loss(Rule())) == (expected, loss)
    assert math.isnan(row.limit(Rule()))


def test_operations_and_calls_are_compared_exactly_though_measured_with_times(rows, single):
    base = single("cost", flops=10**15 + 1, forward_calls=2)
    new = single("cost", flops=10**15, forward_calls=4)
    found = {row.compared.metric: (row.compared.word(row.verdict), row.loss(Rule())) for row in rows([base], [new])}
    assert found == {"flops": ("less", False), "forward_calls": ("more", True)}


def test_an_exact_number_that_is_not_the_same_in_every_process_is_not_exact(rows, single):
    base = [single("cost", forward_calls=2, process=process) for process in (0, 1)]
    new = [single("cost", forward_calls=2 + process, process=process) for process in (0, 1)]
    [row] = rows(base, new)
    assert (row.judged, row.verdict) == (False, "undecided")
    assert "not the same number in every process" in row.reason


def test_more_bytes_kept_are_shown_and_are_no_loss_of_their_own(rows, single):
    [row] = rows([single("memory", kept_bytes=10)], [single("memory", kept_bytes=20)])
    assert (row.verdict, row.loss(Rule())) == ("more", False)


@pytest.mark.parametrize(
    ("metric", "base", "new", "expected", "loss"),
    [
        ("cosine", (0.5, 0.498, 0.502), (0.501, 0.499, 0.503), "same", False),
        ("cosine", (0.5, 0.49, 0.51), (0.4, 0.39, 0.41), "lower", True),
        ("cosine", (0.5, 0.49, 0.51), (0.6, 0.59, 0.61), "higher", False),
        ("cosine", (0.5, 0.4, 0.6), (0.45, 0.35, 0.55), "undecided", False),
        ("cosine", (-0.5, -0.51, -0.49), (-0.6, -0.61, -0.59), "lower", True),
        ("efficiency", (0.5, 0.49, 0.51), (0.4, 0.39, 0.41), "lower", True),
        ("relative_error", (5.0, 4.9, 5.1), (6.0, 5.9, 6.1), "higher", True),
        ("norm_ratio", (5.0, 4.9, 5.1), (6.0, 5.9, 6.1), "higher", False),  # best at neither end
        ("cosine", (1.0, 1.0, 1.0), (1.0 - 1e-9, 1.0 - 1e-9, 1.0 - 1e-9), "same", False),
        ("cosine", (0.5, 0.4, 0.6), (0.5, 0.4, 0.6), "same", False),  # the same draws
        ("cosine", (0.5, 0.4, 0.6), (0.50002, 0.4, 0.6), "same", False),  # the same draws but for rounding
    ],
)
def test_quality_is_judged_by_means_and_their_standard_errors(rows, single, metric, base, new, expected, loss):
    [row] = rows([single("quality", **{metric: base})], [single("quality", **{metric: new})])
    assert (row.compared.word(row.verdict), row.loss(Rule())) == (expected, loss)


def test_differences_by_rounding_make_no_room_for_false_discoveries(rows, single):
    """Each is surely a difference; counted among the discoveries they would raise the bound for all others twentyfold."""
    base = [single("quality", f"exact-{number}", cosine=(0.5, 0.4, 0.6)) for number in range(20)]
    new = [single("quality", f"exact-{number}", cosine=(0.50001, 0.4, 0.6)) for number in range(20)]
    for estimator, value in (("differs", 0.56), ("does-not", 0.501)):
        base.append(single("quality", estimator, cosine=(0.5, 0.46, 0.54)))
        new.append(single("quality", estimator, cosine=(value, value - 0.04, value + 0.04)))
    *exact, differs, _ = rows(base, new)
    assert {row.verdict for row in exact} == {"same"}
    assert differs.difference.p < 0.05
    assert differs.adjusted_p == pytest.approx(2 * differs.difference.p)
    assert differs.verdict == "undecided"


def test_the_interval_of_a_change_in_quality_is_that_of_two_independent_means(rows, single):
    [row] = rows([single("quality", cosine=(0.5, 0.47, 0.53))], [single("quality", cosine=(0.6, 0.56, 0.64))])
    assert row.difference.value == pytest.approx(0.2)
    assert row.difference.high - row.difference.value == pytest.approx(math.hypot(0.03, 0.04) / 0.5, rel=0.01)
    assert row.counts == (100, 100)


@pytest.mark.parametrize(
    ("base", "new", "judged"), [(0.0, 0.0, True), (0.0, (0.1, 0.05, 0.15), False), (0.5, (0.4, 0.3, 0.5), False)]
)
def test_quality_without_a_scale_or_an_error_has_no_verdict(rows, single, base, new, judged):
    [row] = rows([single("quality", cosine=base)], [single("quality", cosine=new)])
    assert row.judged is judged
    assert row.verdict == ("same" if judged else "undecided")


def test_no_verdict_is_drawn_across_machines_and_the_ratio_is_shown(rows, timed, single):
    base = [*timed(STEADY), single("memory", peak_bytes=100), single("quality", cosine=(0.5, 0.49, 0.51))]
    new = [*timed(_times(2.0), first=20), single("memory", peak_bytes=200), single("quality", cosine=(0.3, 0.29, 0.31))]
    found = rows(base, new, provenance={"machine": "other", "versions": {"torch": "2.13.0"}})
    assert [row.verdict for row in found] == ["undecided"] * 3
    assert all("no verdict about code: machine: bench -> other" in row.reason for row in found)
    assert [row.relative(row.difference.value) for row in found] == pytest.approx([2.0, 2.0, 0.6], rel=0.01)


def test_another_seed_forbids_verdicts_about_quality_alone(rows, timed, single):
    base = [*timed(STEADY), single("quality", cosine=(0.5, 0.49, 0.51))]
    new = [*timed(STEADY, seed=1, first=20), single("quality", cosine=(0.3, 0.29, 0.31), seed=1)]
    assert [row.judged for row in rows(base, new)] == [True, False]


def test_layers_are_not_mixed_with_the_whole(rows, single):
    whole = single("quality", cosine=(0.5, 0.49, 0.51))
    layers = replace(whole, metrics=(replace(whole.metrics[0], value=0.1, layer="0.weight"), *whole.metrics))
    [row] = rows([layers], [layers])
    assert row.base == 0.5


def test_a_number_that_one_side_lacks_is_no_row(rows, single):
    found = rows([single("cost", flops=10, forward_calls=2)], [single("cost", forward_calls=2)])
    assert [row.compared.metric for row in found] == ["forward_calls"]


@pytest.mark.parametrize("value", [None, "fast", [3.0], 0.0, -1.0])
def test_what_is_no_multiple_is_no_row(rows, timed, value):
    broken = [replace(record, metrics=(replace(record.metrics[0], value=value),)) for record in timed(STEADY)]
    assert rows(broken, timed(STEADY)) == ()
