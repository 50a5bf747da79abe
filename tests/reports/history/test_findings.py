"""What the page says first is worked out from the numbers, and is another where the opposite is true."""

from dataclasses import replace

import pytest

from reports.history import Commit, asv_results, gathered
from reports.history.findings import changes, commit_url, headline, notices, seen


@pytest.fixture
def history(slowed):
    return gathered(asv_results.read(slowed.path).found)


def said(history) -> list[str]:
    return [notice.text for notice in notices(history)]


def test_the_headline_counts_what_changed(history) -> None:
    assert headline(history) == "Over 8 commits, 2 of 4 tracked numbers changed their level: 2 changes, 2 of them for the worse."


def test_the_headline_says_that_nothing_changed(slowed) -> None:
    calm = [one for one in asv_results.read(slowed.path).found if one.track.name.text != "backprop"]
    assert headline(gathered(calm)) == "Over 8 commits, none of 2 tracked numbers changed its level."


def test_the_headline_of_an_improvement_counts_none_for_the_worse(slowed) -> None:
    found = asv_results.read(slowed.path).found
    better = [replace(one, value=None if one.value is None else 1 / one.value) for one in found]
    assert headline(gathered(better)).endswith("2 changes, none of them for the worse.")


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        (lambda found: [], "0 commits, and no number of any of them."),
        (lambda found: [replace(one, value=None, outcome="failed") for one in found], "8 commits, and no number of any of them."),
        (lambda found: found[:4], "4 tracked numbers at 1 commit, and nothing to compare with yet."),
    ],
    ids=["nothing", "failed", "one"],
)
def test_the_headline_of_too_little_says_what_is_missing(slowed, take, expected) -> None:
    assert headline(gathered(take(asv_results.read(slowed.path).found))) == expected


def test_changes_are_listed_the_newest_first_with_a_sign(history) -> None:
    found = changes(history)
    assert [(one.commit, one.quantity, one.kind) for one in found] == [
        (history.commits[5], "Forward calls", "▲ worse"),
        (history.commits[5], "Runtime multiple", "▲ worse"),
    ]
    assert found[0].said == "1 to 4 (×4.00)"
    assert found[0].what == "backprop on track_sweeps.Width · width=64"


def test_changes_of_one_series_at_one_commit_are_one_line_with_their_range(asv_folder, tracked) -> None:
    for place in range(4):
        asv_folder.store(place, {tracked(widths=(1, 2, 3)): [2.0, 4.0 + (place > 1), 2.0 + 3 * (place > 1), 1.0, 1.0, 1.0]})
    [one] = changes(gathered(asv_results.read(asv_folder.path).found))
    assert one.said == "+25 % to ×2.50, at most 2.00 to 5.00"
    assert one.what == "backprop on 2 panels: track_sweeps.Width · width=2 and track_sweeps.Width · width=3"


def test_every_commit_is_listed_the_newest_first(history) -> None:
    assert [(one.commit, one.values, one.without, one.changes) for one in seen(history)] == [
        (commit, 4, 0, 2 if place == 5 else 0) for place, commit in reversed(list(enumerate(history.commits)))
    ]


def test_what_failed_at_last_is_a_grave_notice(asv_folder, tracked) -> None:
    for place in range(3):
        asv_folder.store(place, {tracked(): [None if place == 2 else 1.0, None if place == 1 else 1.0]})
    [first, *_] = notices(gathered(asv_results.read(asv_folder.path).found))
    assert first.grave
    assert first.text == (
        "1 tracked number failed at the newest commit that was measured, and had a value before: "
        "backprop on track_sweeps.Width · width=64."
    )


def test_the_order_by_dates_is_said_and_that_of_the_repository_is_not(history, slowed) -> None:
    assert any("order of their dates" in text for text in said(history))
    log = [Commit(commit.hash, commit.date, "", logged=True) for commit in history.commits]
    assert said(gathered(asv_results.read(slowed.path).found, log)) == []


def test_notes_of_the_readers_are_notices(slowed) -> None:
    assert "a.json is damaged" in said(gathered(asv_results.read(slowed.path).found, notes=["a.json is damaged"]))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/commit/", "https://example.org/commit/" + "03" * 20),
        ("", ""),
        ("#", ""),
        ("javascript:alert(1)//", ""),
        ("file:///etc/", ""),
    ],
)
def test_only_pages_on_the_web_are_linked(slowed, url, expected) -> None:
    history = gathered(asv_results.read(slowed.path).found, url=url)
    assert commit_url(history, history.commits[0]) == expected
