"""What every figure keeps to, whatever the run: a sentence, a text alternative, a picture, and the frame left alone."""

import re

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from pandas.testing import assert_frame_equal

from benchmarks.records import Cell
from reports import frames, style, svg
from reports.figures import FIGURES, efficiency, memory, multiples
from reports.figures.selection import MOST_PANELS, Panel, Selection, Table

NOT_NUMBERS = re.compile(r"(?<![\w.])(nan|inf|infinity)(?![\w-])", re.IGNORECASE)
SLACK = 16  # pixels: the margin that a page leaves beside a picture
TALLEST = 4_000  # pixels of one picture
LARGEST = 300_000  # bytes of one picture
MOST_PICTURES = 24

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
    assert f"{11 - MOST_PANELS} further problems (without a picture)" in selection.left_out
    assert [title for title, _ in figure.table(selection).groups] == [f"sphere[n={n}]" for n in range(1, 12)]


@pytest.mark.parametrize("runs", [2, 3, 7])
def test_pictures_of_a_problem_in_several_runs_stay_together(runs, make_run, record_of) -> None:
    cells = [Cell("backprop", f"sphere[n={n}]", "cost") for n in range(1, 12)]
    folders = [
        make_run([record_of(cell, multiple=3.0) for cell in cells], name=name, provenance={"machine": name})
        for name in (f"run{place}" for place in range(runs))
    ]
    selection = multiples.select(frames.read(folders))
    titles = [panel.title.split(" · ")[0] for panel in selection.pictures]
    assert len(titles) == MOST_PANELS
    assert all(titles.count(title) == min(runs, MOST_PANELS) for title in titles)
    assert f"{11 * runs - MOST_PANELS} further panels (without a picture)" in selection.left_out


@figures
def test_a_degenerate_run_has_words_without_nan_and_pictures_that_hold_theirs(figure, degenerate) -> None:
    selection = figure.select(degenerate)
    table = figure.table(selection)
    words = [figure.finding(selection), figure.describe(selection), table.caption, *selection.left_out]
    words += [value for _, rows in table.groups for row in rows for value in row]
    assert not [text for text in words if NOT_NUMBERS.search(text)]
    assert figure.finding(selection).endswith(".")
    assert all(len(row) == len(table.columns) for _, rows in table.groups for row in rows)
    for panel in pictures_of(selection):
        with style.themed():
            drawn, axes = style.axes_of(figure.height(panel), figure.LEFT, figure.TOP)
            figure.draw(axes, panel)
            assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()
            assert drawn.get_figheight() * drawn.dpi <= TALLEST
            assert not words_outside(drawn)
            assert len(svg.inline(drawn, "p").encode()) <= LARGEST


@pytest.mark.slow
@figures
def test_ten_thousand_cells_have_few_pictures_of_bounded_size(figure, ten_thousand) -> None:
    selection = figure.select(ten_thousand)
    pictures = pictures_of(selection)
    assert len(pictures) <= MOST_PICTURES
    assert NOT_NUMBERS.search(figure.finding(selection) + figure.describe(selection)) is None
    for panel in pictures[:2]:
        with style.themed():
            drawn, axes = style.axes_of(figure.height(panel), figure.LEFT, figure.TOP)
            figure.draw(axes, panel)
            assert len(svg.inline(drawn, "p").encode()) <= LARGEST


def test_a_long_table_is_shortened_to_evenly_spread_groups_and_says_so() -> None:
    groups = tuple((f"problem {place}", tuple((f"{place}.{row}",) for row in range(10))) for place in range(40))
    short = Table("caption", ("name",), groups).shortened(100)
    assert [heading for heading, _ in short.groups][:: len(short.groups) - 1] == ["problem 0", "problem 39"]
    assert sum(len(rows) for _, rows in short.groups) == 100
    assert short.left_out.startswith("300 further rows are not shown")
    assert Table("caption", ("name",), groups[:10]).shortened(100).left_out == ""
    [(_, rows)] = Table("caption", ("name",), groups[:1]).shortened(4).groups
    assert rows == groups[0][1][:4]


def pictures_of(selection: Selection) -> tuple[Panel, ...]:
    return (*selection.pictures, *selection.folded)


def words_outside(drawn: Figure) -> list[str]:
    """The texts that reach beyond the edge of their picture by more than a pixel or two."""
    renderer = FigureCanvasAgg(drawn).get_renderer()
    drawn.draw_without_rendering()
    width, height = drawn.get_size_inches() * drawn.dpi
    outside = []
    for text in drawn.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            box = text.get_window_extent(renderer)
            if box.x0 < -SLACK or box.y0 < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK:
                outside.append(text.get_text())
    return outside
