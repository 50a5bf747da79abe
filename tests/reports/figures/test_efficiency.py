"""The front: nobody on it is surely beaten, and nobody wrong is on it."""

from dataclasses import replace

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.figures import efficiency


@pytest.fixture
def selected(make_run, record_of):
    def select(points, outcomes=None):
        records = []
        for spec, (cost, eta) in points.items():
            outcome = (outcomes or {}).get(spec, "ok")
            records.append(record_of(Cell(spec, "beale", "cost"), outcome, multiple=sharp(cost)))
            records.append(record_of(Cell(spec, "beale", "quality"), outcome, efficiency=sharp(eta)))
        return efficiency.select(frames.read([make_run(records)]))

    return select


def sharp(value):
    """A number with an interval without width; what has an interval stays."""
    return (value, value, value) if isinstance(value, float) else value


def on_front(selection) -> set[str]:
    return {row["estimator"] for row in selection.rows if row["front"]}


def test_what_is_cheaper_or_finer_is_on_the_front(selected) -> None:
    assert on_front(selected({"a": (1.0, 0.1), "b": (2.0, 0.5), "c": (3.0, 0.4)})) == {"a", "b"}


def test_intervals_that_overlap_beat_nobody(selected) -> None:
    points = {"a": ((1.0, 0.9, 1.1), (0.5, 0.4, 0.6)), "b": ((1.05, 0.95, 1.15), (0.45, 0.35, 0.55))}
    assert on_front(selected(points)) == {"a", "b"}


def test_without_intervals_nobody_is_surely_beaten(make_run, record_of) -> None:
    records = [
        record_of(Cell(spec, "beale", kind), **{metric: value})
        for spec, cost in (("a", 1.0), ("b", 2.0))
        for kind, metric, value in (("cost", "multiple", cost), ("quality", "efficiency", 0.5))
    ]
    assert on_front(efficiency.select(frames.read([make_run(records)]))) == {"a", "b"}


def test_two_exact_gradients_are_told_apart_by_their_cost_alone(selected) -> None:
    assert on_front(selected({"a": (3.0, 1.0), "b": (4.0, 1.0 + 1e-7)})) == {"a"}


def test_a_wrong_estimator_is_never_on_the_front_and_beats_nobody(selected) -> None:
    selection = selected({"a": (1.0, 1.0), "b": (2.0, 0.5)}, {"a": "wrong"})
    assert on_front(selection) == {"b"}
    assert [row[-1] for row in efficiency.table(selection).groups[0][1]] == ["wrong", "ok"]


def test_an_estimator_that_remembers_is_left_out_and_counted(make_run, record_of) -> None:
    records = [
        replace(
            record_of(Cell(spec, "beale", kind), **{metric: sharp(value)}), facts={"declared": {"remembers": spec == "reused"}}
        )
        for spec in ("plain", "reused")
        for kind, metric, value in (("cost", "multiple", 1.0 + (spec == "plain")), ("quality", "efficiency", 1.0))
    ]
    selection = efficiency.select(frames.read([make_run(records)]))
    assert on_front(selection) == {"plain"}
    assert selection.left_out == ("1 estimator whose quality is that of a series of estimates",)


def test_only_wrong_estimators_make_no_front(selected) -> None:
    selection = selected({"a": (1.0, 1.0)}, {"a": "wrong"})
    assert efficiency.finding(selection) == "No estimator that keeps its contract was measured, so there is no front."


def test_the_finding_counts_fronts(full) -> None:
    finding = efficiency.finding(efficiency.select(frames.read([full])))
    assert finding.startswith("On the front, by the number of problems (of 2): ")
    assert "backprop (2)" in finding


def test_a_cell_with_only_one_of_the_two_is_left_out_and_counted(make_run, record_of) -> None:
    folder = make_run([record_of(Cell("backprop", "beale", "cost"), multiple=3.0)])
    selection = efficiency.select(frames.read([folder]))
    assert not selection.panels
    assert selection.left_out == ("1 estimator with only a cost or only an efficiency on a problem",)


def test_a_compiled_cost_has_the_efficiency_of_the_eager_estimate(make_run, record_of) -> None:
    cost = Cell("a", "beale", "cost")
    records = [
        record_of(cost, multiple=sharp(3.0)),
        record_of(replace(cost, execution="compile"), multiple=sharp(2.0)),
        record_of(replace(cost, kind="quality"), efficiency=sharp(0.5)),
    ]
    selection = efficiency.select(frames.read([make_run(records)]))
    found = {row["label"]: (row["multiple"], row["efficiency"], row["front"]) for row in selection.rows}
    assert found == {"a": (3.0, 0.5, False), "a · compile": (2.0, 0.5, True)}
    assert not selection.left_out
