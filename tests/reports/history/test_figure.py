"""A quantity across commits: the panels, the sentence, the picture, the words and the numbers, also for degenerate histories."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from reports import style
from reports.history import asv_results, gathered
from reports.history.figure import Across
from reports.history.rows import Found
from reports.history.selecting import CALM_PANELS, MOST_COMMITS, MOST_PANELS

LONG = "x" * 200
HOSTILE = "<script>alert(1)</script>\u202e $x_{1}$ &"


def figures(history) -> list[Across]:
    return [Across(history, quantity) for quantity in history.quantities]


def read(folder):
    return gathered(asv_results.read(folder.path).found)


@pytest.fixture
def multiples(slowed) -> Across:
    return figures(read(slowed))[0]


@pytest.fixture(
    params=["one-commit", "all-nan", "all-failed", "two-commits", "zero", "long", "hostile", "many", "times", "mixed"]
)
def odd(request, asv_folder, tracked):
    """A history of each odd kind in turn."""
    kind, benchmark = request.param, tracked()
    if kind in ("long", "hostile"):
        text = LONG if kind == "long" else HOSTILE
        benchmark = type(benchmark)(f"a.{text}.track_x", text, ("estimator", text), ((repr(text), "'spsa'"), (repr(text),)))
    if kind == "times":
        benchmark = tracked("time_step", "seconds")
    if kind == "many":
        benchmark = tracked(widths=range(1, 21))
    size = 2 * len(benchmark.params[1])
    for place in range({"one-commit": 1, "two-commits": 2, "many": 40}.get(kind, 5)):
        value = {"all-nan": math.nan, "all-failed": None, "zero": 0.0}.get(kind, 2.0 + place)
        row = [value] * size
        if kind == "mixed":
            row = [(None, math.nan, 2.0, 0.0, -1.0)[place], (2.0, math.inf, 1e-300, 1e300, None)[place]]
        asv_folder.store(place, {benchmark: row})
    return read(asv_folder)


def test_any_history_gives_sentences_pictures_and_tables(odd) -> None:
    for across in figures(odd):
        selection = across.select()
        assert across.finding().endswith(".")
        assert across.describe(selection).endswith(".")
        table = across.table(selection)
        assert all(len(row) == len(table.columns) for _, rows in table.groups for row in rows)
        assert not [
            word for _, rows in table.groups for row in rows for word in row if word.lower() in ("nan", "inf", "none", "")
        ]
        assert len(selection.pictures) <= MOST_PANELS
        with style.themed():
            for panel in (*selection.pictures, *selection.folded):
                figure, axes = style.axes_of(270, 50, 26)
                across.draw(axes, panel)
                figure.canvas.draw()
                assert axes.get_xlabel() == "commit, the oldest left"


def test_the_panels_hold_every_number_of_every_line(multiples) -> None:
    [panel] = multiples.select().panels
    assert panel.title == "track_sweeps.Width · width=64"
    first = panel.data[panel.data["label"] == "backprop"]
    assert first["position"].tolist() == list(range(8))
    assert first["value"].tolist() == pytest.approx(
        [2.6 * (4 if place > 4 else 1) * (1 + 0.01 * (-1) ** place) for place in range(8)]
    )
    assert first["commit"].tolist() == [commit.short for commit in multiples.history.commits]


def test_the_sentence_names_the_largest_change(multiples) -> None:
    commit = multiples.history.commits[5].short
    assert multiples.finding() == (
        "1 of 2 runtime multiples changed its level over 8 commits; the largest change: "
        f"backprop on track_sweeps.Width · width=64, from 2.63 to 10.3 (×3.92, worse) at {commit}."
    )


def test_the_sentence_says_that_nothing_changed(asv_folder, tracked) -> None:
    for place in range(4):
        asv_folder.store(place, {tracked(): [2.0, 3.0]})
    assert figures(read(asv_folder))[0].finding() == "None of 2 runtime multiples changed its level over 4 commits."


def test_the_sentence_of_one_commit_says_so(asv_folder, tracked) -> None:
    asv_folder.store(0, {tracked(): [2.0, 3.0]})
    assert figures(read(asv_folder))[0].finding() == (
        "2 runtime multiples, each measured at one commit: there is nothing to compare with yet."
    )


def test_a_single_value_that_differs_is_said_to_be_perhaps_noise(asv_folder, tracked) -> None:
    for place in range(5):
        asv_folder.store(place, {tracked(): [2.0 + (place == 4), 3.0]})
    finding = figures(read(asv_folder))[0].finding()
    assert finding == "None of 2 runtime multiples changed its level over 5 commits; 1 change of a single value may be noise."


def test_where_nothing_has_a_value_it_says_so(asv_folder, tracked) -> None:
    asv_folder.store(0, {tracked(): [None, None]})
    asv_folder.store(1, {tracked(): [None, math.nan]})
    [across] = figures(read(asv_folder))
    selection = across.select()
    assert across.finding() == "Nothing was measured."
    assert across.describe(selection).startswith("No picture: nothing was measured.")
    assert [row[6] for _, rows in across.table(selection).groups for row in rows] == ["2 failed", "1 failed and 1 skipped"]


def test_a_step_is_ruled_off_and_labelled_in_its_panel(multiples) -> None:
    [panel] = multiples.select().pictures
    with style.themed():
        _, axes = style.axes_of(270, 50, 26)
        multiples.draw(axes, panel)
    ruled = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--" and len(set(line.get_xdata())) == 1]
    assert ruled == [4.5]
    assert [text.get_text() for text in axes.texts if "×" in text.get_text()] == ["▲ ×3.92"]


def test_a_line_of_zeros_is_counted_since_a_logarithmic_axis_has_no_place_for_it(asv_folder, tracked) -> None:
    benchmark = tracked("track_cosine_distance", "1 - cos")
    for place in range(2):
        asv_folder.store(place, {benchmark: [1e-9, 0.9]})
    [across] = figures(read(asv_folder))
    selection = across.select()
    assert selection.left_out == ("1 line of zeros, but for rounding (in the table)",)
    assert across.describe(selection).endswith("Not shown: 1 line of zeros, but for rounding (in the table).")


def test_a_line_is_broken_where_a_commit_failed_and_runs_on_where_it_was_not_measured(asv_folder, tracked) -> None:
    other = tracked("track_forward_calls", "calls")
    for place in range(5):
        if place == 1:
            asv_folder.store(place, {other: [1.0, 1.0]})
        else:
            asv_folder.store(place, {tracked(): [None if place == 3 else 2.0, math.nan if place == 2 else 3.0]})
    across = figures(read(asv_folder))[0]
    [panel] = across.select().pictures
    with style.themed():
        _, axes = style.axes_of(270, 50, 26)
        across.draw(axes, panel)
    curves = [line for line in axes.lines if line.get_linestyle() != "None" and len(line.get_xdata()) > 2]
    assert [list(curve.get_xdata()) for curve in curves] == [[0, 2, 3, 4], [0, 3, 4]]
    assert [[math.isnan(value) for value in curve.get_ydata()] for curve in curves] == [[False, False, True, False], [False] * 3]


def test_panels_in_which_something_changed_are_seen_at_once_and_others_folded_away(asv_folder, tracked) -> None:
    widths = range(1, MOST_PANELS + 5)
    for place in range(4):
        row = [2.0] * (2 * len(widths))
        row[len(widths) - 1] *= 1 + 3 * (place > 1)
        asv_folder.store(place, {tracked(widths=widths): row})
    selection = figures(read(asv_folder))[0].select()
    assert [panel.title for panel in selection.pictures] == [f"track_sweeps.Width · width={MOST_PANELS + 4}"]
    assert len(selection.folded) == MOST_PANELS
    assert selection.fold == f"{MOST_PANELS} more panels"
    assert "3 further panels (in the table)" in selection.left_out
    assert len(selection.panels) == len(widths)


def test_where_nothing_changed_a_few_panels_are_seen_at_once(asv_folder, tracked) -> None:
    for place in range(2):
        asv_folder.store(place, {tracked(widths=range(1, 6)): [2.0] * 10})
    selection = figures(read(asv_folder))[0].select()
    assert len(selection.pictures) == CALM_PANELS
    assert len(selection.folded) == 2


def test_of_a_long_history_the_newest_commits_are_drawn_and_all_are_in_the_data(asv_folder, tracked) -> None:
    commits = MOST_COMMITS + 30
    for place in range(commits):
        asv_folder.store(place, {tracked(): [2.0 + (place >= 10), 2.0 + (place >= 100)]})
    [across] = figures(read(asv_folder))
    [panel] = across.select().pictures
    assert len(panel.data) == 2 * commits
    with style.themed():
        _, axes = style.axes_of(270, 50, 26)
        across.draw(axes, panel)
    assert axes.get_xlim() == (29.5, commits - 0.5)
    assert [text.get_text() for text in axes.texts if "%" in text.get_text()] == ["▲ +50 %"]
    assert f"The newest {MOST_COMMITS} of {commits} commits are drawn." in across.reading
    assert [row[-1].partition(" at ")[0] for _, rows in across.table(across.select()).groups for row in rows] == ["+50 %"] * 2


def test_machines_never_share_a_panel(asv_folder, tracked) -> None:
    for machine in ("a", "b"):
        asv_folder.store(0, {tracked(): [1.0, 2.0]}, machine)
    titles = [panel.title for panel in figures(read(asv_folder))[0].select().panels]
    assert titles == ["track_sweeps.Width · width=64 · a", "track_sweeps.Width · width=64 · b"]


def test_lines_of_several_versions_say_which(asv_folder, tracked) -> None:
    for place, version in enumerate("2233"):
        asv_folder.store(place, {replace(tracked(), version=version): [1.0, 2.0]})
    [panel] = figures(read(asv_folder))[0].select().panels
    assert list(dict.fromkeys(panel.data["label"])) == [
        f"{name} (version {version})" for version in "23" for name in ("backprop", "spsa[k=1]")
    ]


def test_a_wrong_and_a_doubtful_value_are_marked(slowed) -> None:
    found: list[Found] = list(asv_results.read(slowed.path).found)
    marked = [replace(found[0], marks=frozenset({"contended"})), replace(found[1], outcome="wrong"), *found[2:]]
    states = {row["state"] for across in figures(gathered(marked)) for panel in across.select().panels for row in panel.rows}
    assert states == {"ok", "doubtful", "wrong"}


@pytest.mark.parametrize("commits", [1, 2, 3, 7, 12, 13, 60])
def test_hashes_at_the_axis_leave_each_other_room_and_name_both_ends(asv_folder, tracked, commits) -> None:
    for place in range(commits):
        asv_folder.store(place, {tracked(): [2.0, 3.0]})
    across = figures(read(asv_folder))[0]
    with style.themed():
        _, axes = style.axes_of(270, 50, 26)
        across.draw(axes, across.select().pictures[0])
    places = list(axes.get_xticks())
    assert (places[0], places[-1]) == (0, commits - 1)
    assert all((later - earlier) * axes.bbox.width / commits >= 50 for earlier, later in pairwise(places))


def test_a_quantity_without_a_number_at_any_commit_has_no_section_of_its_own(asv_folder, tracked) -> None:
    calls = tracked("track_forward_calls", "calls")
    for place in range(3):
        asv_folder.store(place, {tracked(): [2.0, 3.0], calls: [None, math.nan]})
    assert [figure.quantity.name for figure in figures(read(asv_folder))] == ["multiple"]
