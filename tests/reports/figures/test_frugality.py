"""The front of energy: one estimator beats another only where interval and error bound together allow it."""

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.figures import frugality


@pytest.fixture
def selected(make_run, record_of):
    """From estimator -> (joules, error bound, η)."""

    def select(points):
        records = []
        for spec, (energy, bound, eta) in points.items():
            records.append(record_of(Cell(spec, "beale", "energy"), energy=energy, energy_bound=bound))
            records.append(record_of(Cell(spec, "beale", "quality"), efficiency=eta))
        return frugality.select(frames.read([make_run(records)]))

    return select


def front(selection) -> set[str]:
    return {row["estimator"] for row in selection.rows if row["front"]}


def test_less_energy_at_the_same_efficiency_beats(selected) -> None:
    selection = selected({"a": ((1.0, 0.9, 1.1), 0.01, (0.5, 0.5, 0.5)), "b": ((2.0, 1.9, 2.1), 0.01, (0.5, 0.5, 0.5))})
    assert front(selection) == {"a"}
    assert [row[1] for row in frugality.table(selection).groups[0][1]] == ["1 J [890 mJ, 1.11 J]", "2 J [1.89 J, 2.11 J]"]


def test_an_error_bound_that_bridges_the_difference_decides_nothing(selected) -> None:
    selection = selected({"a": ((1.0, 0.9, 1.1), 0.5, (0.5, 0.5, 0.5)), "b": ((2.0, 1.9, 2.1), 0.5, (0.5, 0.5, 0.5))})
    assert front(selection) == {"a", "b"}


def test_without_an_error_bound_nobody_is_beaten(make_run, record_of) -> None:
    records = [record_of(Cell(spec, "beale", "energy"), energy=(value, value, value)) for spec, value in (("a", 1.0), ("b", 2.0))]
    records += [record_of(Cell(spec, "beale", "quality"), efficiency=(0.5, 0.5, 0.5)) for spec in ("a", "b")]
    assert front(frugality.select(frames.read([make_run(records)]))) == {"a", "b"}
