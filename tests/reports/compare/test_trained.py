"""Trainings are compared seed by seed, their times by processes; where neither has a verdict the reason is said."""

import itertools
import math

import numpy as np
import pytest

from benchmarks.comparison import of_pairs, paired
from reports.compare import Rule, compare
from reports.compare.sections import sections
from tests.trained import BACKPROP, FORWARD, training_of

SEEDS = range(6)


@pytest.fixture
def comparison(make_run):
    """A comparison of two lists of records; further keywords go into the header of NEW."""
    number = itertools.count()

    def make(base, new, **header):
        return compare(make_run(base, name=f"{next(number)}"), make_run(new, name=f"{next(number)}", **header), Rule())

    return make


def backprops(seeds=SEEDS, **more):
    return [training_of(BACKPROP, [4.0, 2.0, 1.0, 1.0], seed=seed, **more) for seed in seeds]


def forwards(losses, **more):
    """One training for each list of losses, its place being its seed."""
    return [training_of(FORWARD, of, seed=seed, **more) for seed, of in enumerate(losses)]


def ending(*ends):
    return [[4.0, 3.0, 2.0, end] for end in ends]


def row_of(found, metric, estimator=FORWARD):
    [row] = [row for row in found.rows if row.compared.metric == metric and row.pair.estimator == estimator]
    return row


def test_trainings_that_repeat_to_the_last_digit_are_the_same_with_any_number_of_seeds(comparison) -> None:
    for seeds in (1, 3):
        records = forwards(ending(*[1.5 + seed for seed in range(seeds)]))
        row = row_of(comparison(records, records), "final_loss")
        assert (row.judged, row.verdict, row.difference.value, row.counts) == (True, "same", 0.0, (seeds, seeds))


def test_losses_that_differ_are_judged_over_seeds_by_pairs(comparison) -> None:
    before, after = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.2, 2.3, 3.2, 4.3, 5.2, 6.3]
    row = row_of(comparison(forwards(ending(*before)), forwards(ending(*after))), "final_loss")
    assert row.difference == of_pairs(before, after)
    assert (row.compared.word(row.verdict), row.loss(Rule())) == ("higher", True)
    better = row_of(comparison(forwards(ending(*after)), forwards(ending(*before))), "final_loss")
    assert (better.compared.word(better.verdict), better.loss(Rule())) == ("lower", False)


def test_losses_that_differ_either_way_are_undecided_and_those_that_hardly_do_are_the_same(comparison) -> None:
    before = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    mixed = row_of(comparison(forwards(ending(*before)), forwards(ending(*reversed(before)))), "final_loss")
    assert (mixed.judged, mixed.verdict) == (True, "undecided")
    rounded = [value * (1 + (-1) ** place * 1e-6) for place, value in enumerate(before)]
    assert row_of(comparison(forwards(ending(*before)), forwards(ending(*rounded))), "final_loss").verdict == "same"


def test_losses_below_zero_are_higher_where_they_are_nearer_to_it(comparison) -> None:
    before, after = ending(*[-10.0 - seed for seed in SEEDS]), ending(*[-8.0 - seed for seed in SEEDS])
    row = row_of(comparison(forwards(before), forwards(after)), "final_loss")
    assert row.compared.word(row.verdict) == "higher"
    assert row.difference.value == pytest.approx(2 / 12.5)


def test_few_seeds_that_differ_have_a_ratio_and_no_verdict(comparison) -> None:
    row = row_of(comparison(forwards(ending(1.0, 2.0, 3.0)), forwards(ending(1.1, 2.0, 3.0))), "final_loss")
    assert not row.judged
    assert "run again with --seeds 6 (here 3)" in row.reason
    assert row.new / row.base == pytest.approx(6.1 / 6)


def test_seeds_that_one_side_lacks_are_left_out_and_where_none_is_left_that_is_said(comparison) -> None:
    whole = forwards(ending(*[1.0 + seed for seed in SEEDS]))
    assert row_of(comparison(whole, whole[:4]), "final_loss").counts == (4, 4)
    apart = row_of(comparison(whole[:2], whole[2:]), "final_loss")
    assert not apart.judged
    assert "no seed is on both sides" in apart.reason


def test_a_training_that_diverges_in_new_is_an_alert_and_no_mean(comparison) -> None:
    base = forwards(ending(*[1.0 + seed for seed in SEEDS]))
    gone = [training_of(FORWARD, [4.0, 9e9], seed=seed, marks=["diverged"]) for seed in (0, 1)]
    found = comparison(base, [*gone, *base[2:]])
    row = row_of(found, "final_loss")
    assert "the training diverged with 2 of 6 seeds in NEW" in row.reason
    assert (row.base, math.isnan(row.new)) == (3.5, True)
    assert "2 trainings diverged in NEW and not in BASE, with the same seed." in found.alerts
    assert not any("diverged in NEW" in said for said in comparison([*gone, *base[2:]], base).alerts)
    assert not [row for row in comparison(gone, gone).rows if row.compared.metric == "final_loss"]


def test_the_target_is_that_of_backprop_in_base_for_both_sides(comparison) -> None:
    """BASE's backprop comes to 1; that of NEW to 0.5, which is nobody's target."""
    better = [training_of(BACKPROP, [4.0, 1.0, 0.5, 0.5], seed=seed) for seed in SEEDS]
    slow, fast = [[4.0, 3.0, 2.0, 1.0]] * 6, [[4.0, 3.0, 1.0, 1.0]] * 6
    found = comparison([*backprops(), *forwards(slow)], [*better, *forwards(fast)])
    steps = row_of(found, "steps_to_target")
    assert (steps.base, steps.new, steps.compared.word(steps.verdict), steps.loss(Rule())) == (3.0, 2.0, "sooner", False)
    assert row_of(found, "steps_to_target", BACKPROP).new == 1.0
    late = row_of(comparison([*backprops(), *forwards(fast)], [*backprops(), *forwards(slow)]), "steps_to_target")
    assert (late.compared.word(late.verdict), late.loss(Rule())) == ("later", True)


@pytest.mark.parametrize(("base", "new"), [("NEW", 0), ("BASE", 1)])
def test_a_target_that_one_side_never_reaches_has_no_verdict(comparison, base: str, new: int) -> None:
    reaching, short = [[4.0, 3.0, 1.0]] * 6, [[4.0, 3.0, 2.0]] * 6
    sides = [[*backprops(), *forwards(reaching)], [*backprops(), *forwards(short)]]
    row = row_of(comparison(*(sides[::-1] if new else sides)), "steps_to_target")
    assert row.reason == f"the target was not reached with 6 of 6 seeds in {base}"
    both = comparison(sides[1], sides[1])
    assert not [row for row in both.rows if row.compared.metric == "steps_to_target" and row.pair.estimator == FORWARD]


def test_without_backprop_or_its_seed_there_is_no_target(comparison) -> None:
    losses = [[4.0, 3.0, 1.0]] * 2
    for reference in ([], backprops(seeds=[7])):
        found = comparison([*reference, *forwards(losses)], [*reference, *forwards(losses)])
        assert not [row for row in found.rows if row.compared.metric.endswith("_to_target") and row.pair.estimator == FORWARD]


def in_processes(pace: list[float], first: int, rival: float = 1.0):
    """Trainings of two seeds in each of several processes, backprop beside them, which takes `rival` seconds a step."""
    records = []
    for process, seconds in enumerate(pace):
        when = {"process": process, "started": f"2026-11-21T10:00:{first + 2 * process:02d}+00:00"}
        records += backprops(range(2), pace=rival, **when)
        records += forwards([[4.0, 3.0, 2.0, 1.0]] * 2, pace=seconds, **when)
    return records


def test_times_to_target_are_judged_by_processes_over_backprops_own(comparison) -> None:
    pace = np.array([2.0, 2.02, 1.98, 2.01, 1.99, 2.0])
    found = comparison(in_processes(list(pace), 0), in_processes(list(3 * 1.1 * pace[::-1]), 1, rival=3.0))
    row = row_of(found, "time_to_target")
    assert row.in_pairs
    assert row.difference.value == pytest.approx(paired(pace, 1.1 * pace[::-1]).value)
    assert (row.counts, row.compared.word(row.verdict)) == ((6, 6), "later")
    assert row.base == pytest.approx(3.0, rel=0.01)  # three of its steps, each twice as long, over two of backprop's
    assert not [row for row in found.rows if row.compared.metric == "time_to_target" and row.pair.estimator == BACKPROP]
    apart = row_of(comparison(in_processes(list(pace), 0), in_processes(list(pace), 30)), "time_to_target")
    assert (apart.in_pairs, apart.verdict) == (False, "same")


def test_times_of_one_process_stand_side_by_side_without_a_verdict(comparison) -> None:
    found = comparison(in_processes([2.0], 0), in_processes([4.0], 1))
    row = row_of(found, "time_to_target")
    assert "several processes: run again with --processes 6 (here 1 and 1)" in row.reason
    [steps] = [section for section in sections(found) if section.name == "steps"]
    assert {line.values for line in steps.lines} == {("1.00 s", "1.00 s"), ("2.00 s", "4.00 s")}
    assert {line.verdict for line in steps.lines} == {"no verdict"}
    pace = [2.0, 2.02, 1.98, 2.01, 1.99, 2.0]
    judged = comparison(in_processes(pace, 0), in_processes(pace, 1))
    assert "steps" not in [section.name for section in sections(judged)]


@pytest.mark.parametrize(
    "header", [{"provenance": {"machine": "other"}}, {"protocol": 1}], ids=["another machine", "another protocol"]
)
def test_no_verdict_is_drawn_where_the_runs_differ_in_more_than_code(comparison, header) -> None:
    records = [*backprops(), *forwards(ending(*[1.0 + seed for seed in SEEDS]))]
    found = comparison(records, records, **header)
    assert not any(row.judged for row in found.rows)
    assert found.alerts[0].startswith("No verdict is drawn about cost, memory, quality, energy and training")


def test_other_steps_threads_or_a_lone_other_seed_forbid_verdicts_and_another_rate_does_not(comparison) -> None:
    one = training_of(FORWARD, [4.0, 3.0])
    for other in ({"steps": 7}, {"threads": 2}, {"seed": 1}):
        assert not row_of(comparison([one], [training_of(FORWARD, [4.0, 3.0], **other)]), "final_loss").judged
    found = comparison([one], [training_of(FORWARD, [4.0, 3.0], lr=0.2)])
    assert row_of(found, "final_loss").verdict == "same"
    assert any(one.name == "rule" for one in found.differences)


def test_lines_name_the_rule_and_notes_say_how_trainings_are_compared(comparison) -> None:
    rates = [training_of(FORWARD, [4.0, end, end], lr=lr, seed=0) for lr, end in ((0.1, 3.0), (0.2, 2.0))]
    moved = [rates[0], training_of(FORWARD, [4.0, 2.5, 2.5], lr=0.2, seed=0)]
    found = comparison([*rates, *backprops([0])], [*moved, *backprops([0])])
    ends = next(section for section in sections(found) if section.name == "final_loss")
    assert [line.estimator for line in ends.lines] == ["forward-gradient[k=1] · sgd[lr=0.2]"]
    assert ends.title == "Loss after the last step, NEW / BASE [95 % interval over seeds]"
    assert any("so it is in 2 of 3 trainings" in note for note in found.notes)
    assert any("lowest loss that backprop reached in BASE" in note for note in found.notes)
    assert set(found.frame()["rule"]) == {"sgd[lr=0.1,momentum=0.0,nesterov=false]", "sgd[lr=0.2,momentum=0.0,nesterov=false]"}
