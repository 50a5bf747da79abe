"""The break-even: a verdict needs both intervals, a course needs three sizes, and nothing is said beyond what was measured."""

import pytest

from benchmarks.records import Cell
from estimators.registry import ESTIMATORS
from reports import frames
from reports.figures import break_even


@pytest.fixture
def selected(make_run, record_of):
    """From estimator -> (η at 2, 4, 8, ... parameters), each with a time of half backprop's."""

    def select(courses, family="sphere", ratio=(0.5, 0.49, 0.51), outcome="ok", **more):
        records = []
        for spec, etas in courses.items():
            for place, eta in enumerate(etas, start=1):
                n, canonical = 2**place, ESTIMATORS.canonical(spec)
                cost, quality = (Cell(canonical, f"{family}[n={n}]", kind) for kind in ("cost", "quality"))
                records.append(record_of(cost, outcome, n=n, ratio_to_backprop=ratio, ratio_to_checkpointed_backprop=0.25))
                records.append(record_of(quality, outcome, n=n, efficiency=(eta, eta - 0.01, eta + 0.01)))
        return break_even.select(frames.read([make_run(records, **more)]))

    return select


def test_where_it_stops_paying_is_between_two_measured_sizes(selected) -> None:
    finding = break_even.finding(selected({"spsa": (0.9, 0.6, 0.4, 0.1)}))
    assert finding.startswith("On sphere, from n = 2 to 16: against backprop, spsa[k=1] pays up to n = 4 and no longer from 8 on")


def test_estimators_that_fare_alike_are_named_together_and_what_pays_longest_first(selected) -> None:
    finding = break_even.finding(
        selected({"rdsa": (0.1, 0.1, 0.1), "spsa": (0.1, 0.1, 0.1), "forward-gradient": (0.9, 0.9, 0.9)})
    )
    assert "forward-gradient[k=1] pays at every measured size and rdsa[k=1] and spsa[k=1] pay at no measured size" in finding


def test_intervals_that_leave_both_open_decide_nothing(selected) -> None:
    selection = selected({"spsa": (0.5, 0.5, 0.5)})
    assert [line[-2] for line in break_even.table(selection).groups[0][1]] == ["undecided"] * 3


def test_without_an_interval_of_the_time_nothing_is_decided(selected) -> None:
    selection = selected({"spsa": (0.9, 0.9, 0.9)}, ratio=0.5)
    assert [line[-2] for line in break_even.table(selection).groups[0][1]] == ["undecided"] * 3


def test_each_reference_has_a_panel(selected) -> None:
    selection = selected({"spsa": (0.9, 0.6, 0.4)})
    assert [panel.title for panel in selection.panels] == ["sphere: against backprop", "sphere: against checkpointed backprop"]
    assert [row["value"] for row in selection.panels[1].rows] == pytest.approx([3.6, 2.4, 1.6])


def test_two_sizes_are_no_course_and_are_counted(selected) -> None:
    assert selected({"spsa": (0.9, 0.1)}).panels == ()
    selection = selected({"spsa": (0.9, 0.1), "rdsa": (0.9, 0.5, 0.1)}, name="longer")
    assert {row["label"] for row in selection.rows} == {"rdsa[k=1]"}
    assert selection.left_out == ("2 lines of fewer than 3 sizes",)


def test_only_wrong_estimators_make_a_picture_and_no_finding(selected) -> None:
    selection = selected({"spsa": (0.9, 0.6, 0.4)}, outcome="wrong")
    assert selection.panels
    assert break_even.finding(selection) == "Nothing was measured."
    assert "no estimator that keeps its contract" in break_even.describe(selection)


def test_a_family_with_both_references_is_seen_before_one_with_more_sizes(make_run, record_of) -> None:
    records = []
    for family, sizes, ratios in (("sphere", 5, ("backprop",)), ("rosenbrock", 3, ("backprop", "checkpointed_backprop"))):
        for n in range(2, 2 + sizes):
            cost, quality = (Cell(ESTIMATORS.canonical("spsa"), f"{family}[n={n}]", kind) for kind in ("cost", "quality"))
            records.append(record_of(cost, n=n, **{f"ratio_to_{name}": (0.5, 0.4, 0.6) for name in ratios}))
            records.append(record_of(quality, n=n, efficiency=(0.5, 0.4, 0.6)))
    selection = break_even.select(frames.read([make_run(records)]))
    assert {panel.facts["family"] for panel in selection.pictures} == {"rosenbrock"}
    assert selection.fold == "The same for sphere"


def test_what_holds_against_both_references_is_said_once(selected) -> None:
    finding = break_even.finding(selected({"spsa": (0.5, 0.5, 0.5)}))
    assert finding == (
        "On sphere, from n = 2 to 8: against backprop and against checkpointed backprop, spsa[k=1] is undecided at every "
        "measured size."
    )
