"""The front of memory: exact peaks, and efficiencies that must be told apart by their intervals."""

from benchmarks.records import Cell
from reports import frames
from reports.figures import thrift


def selected(make_run, record_of, points):
    records = [
        record_of(Cell(spec, "beale", kind), **{metric: value})
        for spec, (peak, eta) in points.items()
        for kind, metric, value in (("memory", "peak_bytes", peak), ("quality", "efficiency", eta))
    ]
    return thrift.select(frames.read([make_run(records)]))


def test_one_byte_less_at_the_same_efficiency_beats(make_run, record_of) -> None:
    selection = selected(make_run, record_of, {"a": (999, (0.5, 0.5, 0.5)), "b": (1000, (0.5, 0.5, 0.5))})
    assert {row["estimator"] for row in selection.rows if row["front"]} == {"a"}
    assert thrift.finding(selection) == "On the front, by the number of problems (of 1): a (1)."


def test_efficiencies_that_overlap_decide_nothing(make_run, record_of) -> None:
    selection = selected(make_run, record_of, {"a": (999, (0.5, 0.4, 0.6)), "b": (1000, (0.51, 0.41, 0.61))})
    assert {row["estimator"] for row in selection.rows if row["front"]} == {"a", "b"}
    assert [row[1] for row in thrift.table(selection).groups[0][1]] == ["999 B", "1000 B"]


def test_a_peak_of_zero_bytes_has_no_place_on_a_logarithmic_axis_and_is_counted(make_run, record_of) -> None:
    selection = selected(make_run, record_of, {"a": (0, (0.5, 0.5, 0.5)), "b": (1000, (0.5, 0.5, 0.5))})
    assert [row["estimator"] for row in selection.rows] == ["b"]
    assert selection.left_out == ("1 estimator with only a peak or only an efficiency on a problem",)
