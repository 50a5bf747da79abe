"""The parts of a gradient: side by side, in base forward passes, and never said to be the whole."""

from benchmarks.records import Cell
from estimators.registry import ESTIMATORS
from reports import frames, style
from reports.figures import split

FORWARD = Cell(ESTIMATORS.canonical("forward-gradient[k=4]"), "logistic-regression", "cost")
SPSA = Cell(ESTIMATORS.canonical("spsa"), "logistic-regression", "cost")
BACKPROP = Cell("backprop", "logistic-regression", "cost")

DERIVING = {"drawing_multiple": (1.0, 0.9, 1.1), "derivative_multiple": (3.0, 2.9, 3.1), "aggregation_multiple": (0.5, 0.4, 0.6)}
DRAWING = {"drawing_multiple": 3.0, "derivative_multiple": 2.0}


def selected(make_run, *records, **more):
    return split.select(frames.read([make_run(records, **more)]))


def test_parts_and_whole_are_in_the_table_with_their_sum(make_run, record_of) -> None:
    table = split.table(selected(make_run, record_of(FORWARD, multiple=(5.0, 4.9, 5.1), **DERIVING)))
    [(_, [line])] = table.groups
    assert line == (
        *("forward-gradient[k=4]", "1.000 [0.9000, 1.100]", "3.000 [2.900, 3.100]", "0.5000 [0.4000, 0.6000]"),
        *("4.500", "5.000 [4.900, 5.100]", "ok"),
    )
    assert len(table.columns) == len(line)


def test_the_finding_says_which_part_is_the_largest_how_often_and_how_the_sum_compares(make_run, record_of) -> None:
    forward, spsa = record_of(FORWARD, multiple=5.0, **DERIVING), record_of(SPSA, multiple=4.0, **DRAWING)
    assert split.finding(selected(make_run, forward, spsa)) == (
        "The largest part, of 2 gradients, is derivative for 1 and drawing for 1; the parts add up to 0.900 to 1.25, in the "
        "median 1.07, times the whole, which is timed without interruptions."
    )
    alone = split.finding(selected(make_run, record_of(SPSA, multiple=5.0, **DRAWING), name="alone"))
    assert alone == (
        "The largest part, of 1 gradient, is drawing for 1; the parts add up to 1.00 times the whole, which is timed without "
        "interruptions."
    )


def test_estimators_without_parts_are_counted_and_not_shown(make_run, record_of) -> None:
    selection = selected(make_run, record_of(FORWARD, multiple=5.0, **DERIVING), record_of(BACKPROP, multiple=3.0))
    assert {row["label"] for row in selection.rows} == {"forward-gradient[k=4]"}
    assert selection.left_out == ("1 cell of estimators that do not work in such parts",)
    assert split.select(frames.read([make_run([record_of(BACKPROP, multiple=3.0)], name="none")])).panels == ()


def test_a_part_that_an_estimator_does_not_have_is_a_dash_and_no_mark(make_run, record_of) -> None:
    selection = selected(make_run, record_of(SPSA, multiple=4.0, **DRAWING))
    assert split.table(selection).groups[0][1][0][3] == "–"
    assert marks(selection.panels[0]) == {"o": [3.0], "s": [2.0], "D": [4.0]}


def test_a_wrong_estimator_is_no_finding(make_run, record_of) -> None:
    selection = selected(make_run, record_of(SPSA, "wrong", "biased", multiple=4.0, **DRAWING))
    assert split.finding(selection) == "Nothing was measured."
    assert len(selection.panels) == 1


def test_the_legend_names_the_parts_and_not_the_estimators(make_run, record_of) -> None:
    selection = selected(make_run, record_of(SPSA, multiple=4.0, **DRAWING))
    assert selection.legend
    names = {selection.panels[0].line(row): selection.panels[0].look(row).marker for row in selection.rows}
    assert names == {"drawing": "o", "derivative": "s", "aggregation": "^", "whole gradient": "D"}


def marks(panel) -> dict[str, list[float]]:
    """Marker -> where it was drawn."""
    with style.themed():
        _, axes = style.axes_of(split.height(panel), split.LEFT, split.TOP)
        split.draw(axes, panel)
    return {line.get_marker(): list(line.get_xdata()) for line in axes.lines if line.get_marker() in ("o", "s", "^", "D")}
