"""Numbers are put in the order of commits: the repository's where it knows them all, else that of dates."""

import math
from dataclasses import replace

import pandas
import pytest

from reports.history import COLUMNS, Commit, asv_results, gathered


def commits(history) -> list[str]:
    return [commit.hash for commit in history.commits]


@pytest.fixture
def found(slowed):
    return asv_results.read(slowed.path).found


def test_without_a_repository_commits_are_in_the_order_of_asvs_dates(found) -> None:
    history = gathered(found)
    dates = [commit.date for commit in history.commits]
    assert dates == sorted(dates)
    assert commits(history) != sorted(commits(history))
    assert not history.ordered


def test_the_repositorys_order_and_subjects_go_before_dates(found) -> None:
    by_date = commits(gathered(found))
    log = [Commit(name, 0.0, f"subject of {name[:2]}", logged=True) for name in ("e" * 40, *reversed(by_date))]
    history = gathered(found, log)
    assert commits(history) == by_date[::-1]
    assert history.ordered
    assert history.commits[0].subject == f"subject of {by_date[-1][:2]}"


def test_where_the_repository_does_not_know_a_commit_all_go_by_date(found) -> None:
    by_date = commits(gathered(found))
    history = gathered(
        found, [Commit(name, 1_700_000_000.0 + place, "known", logged=True) for place, name in enumerate(by_date[1:])]
    )
    assert not history.ordered
    assert commits(history)[:1] == by_date[:1]
    assert history.commits[1].subject == "known"


def test_numbers_follow_their_commits_whatever_the_order_of_files(found) -> None:
    history = gathered(found[::-1])
    assert history == gathered(found)
    [line] = [one for one in history.lines if one.track.name.text == "backprop" and one.track.quantity.name == "forward_calls"]
    assert [one.value for one in line.found] == [1, 1, 1, 1, 1, 4, 4, 4]
    assert line.positions == tuple(range(8))


def test_the_frame_has_a_row_for_each_number_and_the_level_where_a_step_begins(found) -> None:
    frame = gathered(found).frame()
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 2 * 2 * 8
    stepped = frame[frame["step"].notna()]
    assert list(zip(stepped["quantity"], stepped["series"], stepped["position"], strict=True)) == [
        ("multiple", "backprop", 5),
        ("forward_calls", "backprop", 5),
    ]
    assert stepped["step"].tolist() == pytest.approx([10.4, 4.0], rel=0.02)


def test_nothing_gives_an_empty_frame_of_the_same_columns_and_types(found) -> None:
    empty, full = gathered([]).frame(), gathered(found).frame()
    assert list(empty.columns) == list(full.columns)
    assert empty.empty
    assert pandas.api.types.is_float_dtype(empty["value"])


def test_a_place_is_called_by_what_tells_it_from_the_others(asv_folder, tracked) -> None:
    asv_folder.store(0, {tracked(): [1.0, 2.0]}, "slow", "py3.11")
    assert set(gathered(asv_results.read(asv_folder.path).found).said.values()) == {""}
    asv_folder.store(0, {tracked(): [1.0, 2.0]}, "fast", "py3.11")
    assert set(gathered(asv_results.read(asv_folder.path).found).said.values()) == {"slow", "fast"}


def test_versions_of_a_measurement_are_not_joined(asv_folder, tracked) -> None:
    old, new = tracked(), type(tracked())(**{**vars(tracked()), "version": "3"})
    for place in range(6):
        asv_folder.store(place, {old if place < 3 else new: [1.0 if place < 3 else 9.0, 2.0]})
    history = gathered(asv_results.read(asv_folder.path).found)
    assert [len(line.found) for line in history.lines] == [3, 3, 3, 3]
    assert not [step for line in history.lines for step in line.steps]


def test_code_that_differed_from_its_commit_makes_no_step(found) -> None:
    dirty = [replace(one, marks=frozenset({"dirty"})) if one.value == 4 else one for one in found]
    calls = [line for line in gathered(dirty).lines if line.track.quantity.name == "forward_calls"]
    assert not [step for line in calls for step in line.steps]


def test_what_was_skipped_at_every_commit_is_no_line(asv_folder, tracked) -> None:
    for place in range(2):
        asv_folder.store(place, {tracked(): [1.0, math.nan]})
    assert [line.track.name.text for line in gathered(asv_results.read(asv_folder.path).found).lines] == ["backprop"]
