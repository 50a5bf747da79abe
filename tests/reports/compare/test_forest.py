"""The picture of a section shows its changes first, sorted by ratio, within bounds; what it leaves out it counts."""

import math
from dataclasses import replace

import pytest

from benchmarks.comparison import Verdict
from reports import style
from reports.compare import forest as picture
from reports.compare.lines import Line, Mark, Section

WORDS = {Verdict.MORE: "▲ slower", Verdict.LESS: "▼ faster", Verdict.SAME: "= same", None: "? undecided"}


def _line(ratio, verdict=None, problem="mlp", estimator="spsa", low=None, high=None, **more):
    worse = {Verdict.MORE: True, Verdict.LESS: False}.get(verdict)
    ends = (ratio / 1.01 if low is None else low, ratio * 1.01 if high is None else high)
    mark = Mark(ratio, *ends, WORDS[verdict], verdict, worse, more.get("behind", "6 pairs"), more.get("wrong", ""))
    return Line(problem, estimator, ("3.00", "3.00"), "", "–", mark.word, mark)


def _section(*lines, **more):
    section = Section("multiple", "Runtime multiple", "", f"{len(lines)} cells", lines, (), exact=False, ranks=True, band=0.03)
    return replace(section, **more)


def _drawn(section):
    with style.themed():
        for panel in picture.forest(section).panels:
            figure, axes = style.axes_of(picture.height(panel), picture.LEFT, picture.TOP)
            picture.draw(axes, panel)
            yield figure, axes


def test_rows_of_a_problem_are_sorted_by_ratio():
    section = _section(_line(0.9, Verdict.LESS), _line(2.0, Verdict.MORE), _line(1.0, Verdict.SAME))
    [panel] = picture.forest(section).shown
    assert [mark.ratio for _, mark in panel.cells] == [2.0, 1.0, 0.9]


def test_the_problems_with_most_changes_are_seen_and_the_others_folded_away():
    quiet = [_line(1.0, Verdict.SAME, problem=f"quiet{place}") for place in range(8)]
    drawn = picture.forest(_section(*quiet, _line(2.0, Verdict.MORE, problem="loud")))
    assert "loud" in [panel.title for panel in drawn.shown]
    assert (len(drawn.shown), len(drawn.folded)) == (6, 3)
    assert not {panel.title for panel in drawn.shown} & {panel.title for panel in drawn.folded}


def test_of_many_cells_those_that_changed_are_drawn_and_the_others_counted():
    same = [_line(1.0 + place * 1e-6, Verdict.SAME) for place in range(picture.MOST_ROWS)]
    section = _section(*same, _line(1.001), _line(1.1, Verdict.MORE))
    drawn = picture.forest(section)
    [panel] = drawn.panels
    assert len(panel.cells) == picture.MOST_ROWS
    assert [mark.verdict for _, mark in panel.cells[:2]] == [Verdict.MORE, None]
    assert "In the table alone: 2 further cells of the smallest changes." in picture.describe(section, drawn)


@pytest.mark.parametrize("ratio", [0.0, -0.3, math.inf, math.nan])
def test_a_ratio_that_no_logarithmic_axis_can_show_is_left_to_the_table(ratio):
    section = _section(_line(ratio, Verdict.LESS), _line(1.1, Verdict.MORE))
    drawn = picture.forest(section)
    assert [mark.ratio for _, mark in drawn.panels[0].cells] == [1.1]
    assert "In the table alone: 1 cell whose ratio is not positive or not finite." in picture.reading(section, drawn)
    alone = _section(_line(ratio, Verdict.LESS))
    assert picture.describe(alone, picture.forest(alone)).startswith("No picture: no cell has a ratio to draw.")
    assert picture.reading(alone, picture.forest(alone)) == ""


def test_lines_without_numbers_have_no_picture():
    assert picture.forest(_section(replace(_line(1.0), mark=None))).panels == ()


@pytest.mark.parametrize(
    "line",
    [
        _line(1.0, Verdict.SAME),
        _line(3.0, Verdict.MORE, behind="", wrong="wrong in NEW"),
        _line(1.2, low=1e-9, high=1e9),
        _line(0.8, low=-2.0, high=3.0),
        _line(0.8, low=math.nan, high=math.nan),
        _line(1e-9, Verdict.LESS),
        _line(1e12, Verdict.MORE),
        _line(1.1, Verdict.MORE, estimator="x" * 300),
    ],
    ids=["same", "wrong", "wide", "negative", "none", "tiny", "huge", "long"],
)
def test_any_row_is_drawn_with_one_on_the_axis_and_few_ticks(line):
    [(figure, axes)] = _drawn(_section(line))
    left, right = axes.get_xlim()
    assert left < min(1.0, line.mark.ratio)
    assert right > max(1.0, line.mark.ratio)
    ticks = [text.get_text() for text in axes.get_xticklabels()]
    assert "×1" in ticks
    assert 2 <= len(ticks) <= 8
    figure.canvas.draw()


def test_a_wide_interval_does_not_stretch_the_axis_beyond_reading():
    [(_, axes)] = _drawn(_section(_line(1.2, low=1e-9, high=1e9), _line(0.9, Verdict.LESS)))
    left, right = axes.get_xlim()
    assert right / left < 20


def test_filled_marks_are_decided_and_hollow_ones_are_not():
    [(_, axes)] = _drawn(_section(_line(1.2, Verdict.MORE), _line(1.1), _line(1.0, Verdict.SAME), _line(0.9, Verdict.LESS)))
    marks = [(line.get_marker(), line.get_markerfacecolor()) for line in axes.lines if line.get_marker() in ("^", "v", "o")]
    assert [marker for marker, _ in marks] == ["^", "o", "o", "v"]
    assert [face == style.PAPER for _, face in marks] == [False, True, False, False]
    assert len({face for _, face in marks}) == 4


def test_the_words_name_band_noise_floor_and_range():
    section = _section(_line(1.2, Verdict.MORE), _line(0.9, Verdict.LESS, estimator="rdsa"), theta=0.08)
    drawn = picture.forest(section)
    said = picture.reading(section, drawn)
    assert "Shaded: ±3 %, within which two things count as the same." in said
    assert "Dashed: the noise floor, ±8 %, which a change must exceed." in said
    assert picture.describe(section, drawn) == (
        "Row charts on logarithmic axes, 1 problem; 2 cells. mlp: from 0.9000 (rdsa, faster) to 1.200 (spsa, slower), 2 cells."
    )
    exact = _section(_line(2.0, Verdict.MORE), exact=True, band=0.0)
    assert "which is exact" in picture.reading(exact, picture.forest(exact))
    assert "Shaded" not in picture.reading(exact, picture.forest(exact))


def test_what_all_intervals_rest_on_is_said_once_and_what_another_rests_on_beside_its_name():
    lines = [_line(1.2, Verdict.MORE, behind="6 pairs"), _line(1.1, behind="5 and 6 processes"), _line(0.9, behind="6 pairs")]
    section = _section(*lines, _line(0.8, behind="6 pairs", wrong="wrong in NEW"))
    [(_, axes)] = _drawn(section)
    assert axes.get_xlabel() == "NEW / BASE, 6 pairs"
    names = [text.get_text() for text in axes.texts][::2]
    assert names == ["spsa", "spsa · 5 and 6 processes", "spsa", "spsa · wrong in NEW"]
    assert "Each rests on 6 pairs unless it says otherwise." in picture.reading(section, picture.forest(section))


def test_no_words_stand_where_an_interval_may_be():
    for _, axes in _drawn(_section(_line(1.2, low=0.1, high=9.0, wrong="wrong in NEW"), _line(1.1, behind="5 pairs"))):
        assert all(text.get_position()[1] % 1 < 0.5 for text in axes.texts)


def test_where_no_cell_has_a_verdict_the_axis_says_so_and_names_have_the_room():
    unjudged = [replace(line, mark=replace(line.mark, word="? no verdict")) for line in (_line(1.2), _line(0.9))]
    [(_, axes)] = _drawn(_section(*unjudged))
    assert axes.get_xlabel() == "NEW / BASE, 6 pairs, no verdict"
    assert [text.get_text() for text in axes.texts][1::2] == ["1.200", "0.9000"]
    [(_, axes)] = _drawn(_section(*unjudged, _line(1.0, Verdict.SAME)))
    assert [text.get_text() for text in axes.texts][1::2] == ["1.200 ? no verdict", "1.000 = same", "0.9000 ? no verdict"]
