"""What every figure keeps to, whatever the run: a sentence, a text alternative, a picture, and the frame left alone."""

import pytest
from pandas.testing import assert_frame_equal

from benchmarks.records import Cell
from reports import frames, style
from reports.figures import FIGURES, efficiency, memory, multiples
from reports.figures.selection import MOST_PANELS

figures = pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.NAME)


@figures
def test_a_figure_says_and_draws_something_for_any_run(figure, odd) -> None:
    results = frames.read([odd])
    selection = figure.select(results)
    assert figure.finding(selection).endswith((".", ". "))
    assert figure.describe(selection).strip().endswith(".")
    with style.themed():
        for panel in selection.panels:
            _, axes = style.axes_of(figure.height(panel), figure.LEFT, figure.TOP)
            figure.draw(axes, panel)
            assert axes.get_xlabel()
            assert axes.get_children()


@figures
def test_a_figure_leaves_the_frame_as_it_was(figure, full) -> None:
    results = frames.read([full])
    before = results.cells.copy(deep=True)
    selection = figure.select(results)
    figure.table(selection)
    with style.themed():
        for panel in selection.panels:
            _, axes = style.axes_of(figure.height(panel), figure.LEFT, figure.TOP)
            figure.draw(axes, panel)
    assert_frame_equal(results.cells, before)


@figures
def test_the_rows_of_a_table_are_as_long_as_its_headings(figure, odd) -> None:
    table = figure.table(figure.select(frames.read([odd])))
    assert all(len(row) == len(table.columns) for _, rows in table.groups for row in rows)


@figures
def test_a_table_never_shows_nan(figure, odd) -> None:
    table = figure.table(figure.select(frames.read([odd])))
    assert not [value for _, rows in table.groups for row in rows for value in row if value.lower() in ("nan", "inf", "none")]


@figures
def test_nothing_measured_is_said(figure, make_run) -> None:
    selection = figure.select(frames.read([make_run([])]))
    assert not selection.panels
    assert figure.finding(selection) == "Nothing was measured."
    assert figure.describe(selection).startswith("No picture")


@pytest.mark.parametrize("figure", [multiples, memory, efficiency], ids=lambda figure: figure.NAME)
def test_of_many_problems_some_have_a_picture_and_all_are_in_the_table(figure, make_run, record_of) -> None:
    metrics = {"cost": {"multiple": 3.0}, "memory": {"peak_bytes": 64}, "quality": {"efficiency": 1.0}}
    cells = [Cell("backprop", f"sphere[n={n}]", kind) for n in range(1, 12) for kind in metrics]
    selection = figure.select(frames.read([make_run([record_of(cell, **metrics[cell.kind]) for cell in cells])]))
    titles = [panel.title for panel in selection.pictures]
    assert len(titles) == MOST_PANELS
    assert (titles[0], titles[-1]) == ("sphere[n=1]", "sphere[n=11]")
    assert f"{11 - MOST_PANELS} further problems (in the table)" in selection.left_out
    assert [title for title, _ in figure.table(selection).groups] == [f"sphere[n={n}]" for n in range(1, 12)]
