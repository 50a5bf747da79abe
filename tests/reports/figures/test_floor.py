"""The distance to the operations: time over operations, each over that of the base."""

from dataclasses import replace

from benchmarks.records import Cell
from reports import frames, style
from reports.figures import floor

BACKPROP = Cell("backprop", "logistic-regression", "cost")
OTHER = Cell("checkpointed-backprop", "logistic-regression", "cost")


def selected(make_run, *records, **more):
    return floor.select(frames.read([make_run(records, **more)]))


def test_the_value_is_the_quotient_of_both_multiples_with_the_interval_of_the_time(make_run, record_of) -> None:
    selection = selected(make_run, record_of(BACKPROP, multiple=(6.0, 5.0, 8.0), flop_multiple=2.0))
    [row] = selection.rows
    assert (row["value"], row["low"], row["high"]) == (3.0, 2.5, 4.0)
    assert floor.table(selection).groups[0][1] == (("backprop", "6.000 [5.000, 8.000]", "2.000", "3.000 [2.500, 4.000]", "ok"),)


def test_one_cell_is_one_sentence(make_run, record_of) -> None:
    selection = selected(make_run, record_of(BACKPROP, multiple=6.0, flop_multiple=2.0))
    assert floor.finding(selection) == "backprop takes 3.00 times as long an operation as the base on logistic-regression."


def test_the_finding_counts_those_that_surely_take_longer(make_run, record_of) -> None:
    slow = record_of(BACKPROP, multiple=(6.0, 5.0, 8.0), flop_multiple=2.0)
    fast = record_of(OTHER, multiple=(2.0, 1.9, 2.1), flop_multiple=4.0)
    assert floor.finding(selected(make_run, slow, fast)) == (
        "An operation of a gradient takes between 0.500 (checkpointed-backprop on logistic-regression) and 3.00 (backprop on "
        "logistic-regression) times as long as one of the base; for 1 of 2 the interval lies above 1."
    )
    both = [record_of(cell, multiple=(2.0, 1.9, 2.1), flop_multiple=4.0) for cell in (BACKPROP, OTHER)]
    assert floor.finding(selected(make_run, *both, name="none")).endswith("for 0 of 2 the interval lies above 1.")


def test_problems_without_operations_have_no_panel_and_are_counted(make_run, record_of) -> None:
    counted = record_of(BACKPROP, multiple=6.0, flop_multiple=2.0)
    without = record_of(replace(BACKPROP, problem="sphere[n=64]"), multiple=3.0)
    selection = selected(make_run, counted, without)
    assert [panel.title for panel in selection.panels] == ["logistic-regression"]
    assert selection.left_out == ("1 cell on problems of which no operations were counted",)
    assert floor.select(frames.read([make_run([without], name="alone")])).panels == ()


def test_no_operations_are_no_infinite_distance(make_run, record_of) -> None:
    assert selected(make_run, record_of(BACKPROP, multiple=6.0, flop_multiple=0.0)).panels == ()


def test_a_wrong_estimator_is_no_finding_and_a_lost_one_keeps_its_row(make_run, record_of) -> None:
    wrong = record_of(BACKPROP, "wrong", "biased", multiple=6.0, flop_multiple=2.0)
    selection = selected(make_run, wrong, record_of(OTHER, "timeout", "10 s"))
    assert floor.finding(selection) == "Nothing was measured."
    with style.themed():
        _, axes = style.axes_of(floor.height(selection.panels[0]), floor.LEFT, floor.TOP)
        floor.draw(axes, selection.panels[0])
    assert {"wrong", "timeout"} <= {text.get_text() for text in axes.texts}
