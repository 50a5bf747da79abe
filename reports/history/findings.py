"""What a reader of a history must know first: what changed, and what limits it. Sentences and rows; pure functions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from reports.findings import Notice
from reports.history import telling
from reports.history.gathering import Commit, History, Line
from reports.history.rows import FAILED
from reports.history.selecting import title_of
from reports.history.steps import Step
from reports.text import count, listed

MOST_CHANGES = 100
"""Rows of the table of changes at most."""


@dataclass(frozen=True)
class Change:
    """What became of one series in one quantity at one commit, wherever it did.

    Attributes:
        commit: the first of the new levels.
        quantity: heading of the quantity.
        series: the estimator, or what else changed.
        where: titles of the panels.
        said: from what to what, by how much.
        size: how far apart the levels are where they are farthest.
        worse: whether they rose.
        settled: whether it is more than single values.
    """

    commit: Commit
    quantity: str
    series: str
    where: tuple[str, ...]
    said: str
    size: float
    worse: bool
    settled: bool

    @property
    def kind(self) -> str:
        """In a word, with a sign that does not need a colour."""
        word = "▲ worse" if self.worse else "▼ better"
        return word if self.settled else f"{word}?"

    @property
    def what(self) -> str:
        """The series and where it changed."""
        if len(self.where) == 1:
            return f"{self.series} on {self.where[0]}"
        return f"{self.series} on {count(len(self.where), 'panel')}: {listed(list(self.where), 3)}"


@dataclass(frozen=True)
class Seen:
    """One commit as the page lists it.

    Attributes:
        commit: which.
        values: how many numbers were measured at it.
        without: how many failed or were skipped.
        changes: how many settled changes begin at it.
    """

    commit: Commit
    values: int
    without: int
    changes: int


def changes(history: History) -> list[Change]:
    """Every change of a level, those of a series together, the newest commit first, the largest first."""
    groups: dict[tuple[Commit, str, str, bool, bool], list[tuple[Line, Step]]] = {}
    for line, step in _steps(history):
        commit, track = history.commits[line.positions[step.at]], line.track
        groups.setdefault((commit, track.quantity.title, track.name.text, step.worse, step.settled), []).append((line, step))
    found = [
        Change(commit, quantity, series, _where(history, pairs), _said(pairs), _largest(pairs)[1].size, worse, settled)
        for (commit, quantity, series, worse, settled), pairs in groups.items()
    ]
    order = {commit: place for place, commit in enumerate(history.commits)}
    return sorted(found, key=lambda one: (-order[one.commit], not one.settled, -one.size, one.what))


def seen(history: History) -> list[Seen]:
    """Every commit, the newest first."""
    found = [(one, place) for line in history.lines for one, place in zip(line.found, line.positions, strict=True)]
    begun = Counter(line.positions[step.at] for line, step in _steps(history) if step.settled)
    values = Counter(place for one, place in found if one.value is not None)
    without = Counter(place for one, place in found if one.value is None)
    return [
        Seen(commit, values[place], without[place], begun[place]) for place, commit in reversed(list(enumerate(history.commits)))
    ]


def headline(history: History) -> str:
    """How many of the tracked numbers changed their level."""
    tracked = [line for line in history.lines if telling.valued(line)]
    commits = len({one.commit for line in tracked for one in telling.valued(line)})
    numbers = count(len(tracked), "tracked number")
    if not tracked:
        return f"{count(len(history.commits), 'commit')}, and no number of any of them."
    if max(len(telling.valued(line)) for line in tracked) < 2:
        return f"{numbers} at {count(commits, 'commit')}, and nothing to compare with yet."
    judged = [line for line in tracked if line.track.quantity.judged]
    if not judged:
        return f"{numbers} over {count(commits, 'commit')}: absolute times, which are not judged."
    settled = [(line, step) for line, step in _steps(history) if step.settled]
    if not settled:
        return f"Over {count(commits, 'commit')}, none of {count(len(judged), 'tracked number')} changed its level."
    moved = len({id(line) for line, _ in settled})
    worse = sum(step.worse for _, step in settled)
    its = "its" if moved == 1 else "their"
    return (
        f"Over {count(commits, 'commit')}, {moved} of {count(len(judged), 'tracked number')} changed {its} level: "
        f"{count(len(settled), 'change')}, {worse or 'none'} of them for the worse."
    )


def notices(history: History) -> list[Notice]:
    """What limits the history, the grave first."""
    found = [*_failing(history), *(Notice(False, note) for note in history.notes)]
    if len(history.commits) > 1 and not history.ordered:
        found.append(
            Notice(False, "Commits are in the order of their dates: no repository that knows all of them was there to be asked.")
        )
    if several := _of_several_versions(history):
        text = f"{count(several, 'tracked number')} came from several versions of the measurement, which are not joined."
        found.append(Notice(False, text))
    return sorted(found, key=lambda notice: not notice.grave)


def commit_url(history: History, commit: Commit) -> str:
    """The project's page about a commit; empty where it has none that a browser should open."""
    return f"{history.url}{commit.hash}" if urlsplit(history.url).scheme in ("http", "https") else ""


def _steps(history: History) -> Iterator[tuple[Line, Step]]:
    return ((line, step) for line in history.lines for step in line.steps)


def _largest(pairs: Sequence[tuple[Line, Step]]) -> tuple[Line, Step]:
    return max(pairs, key=lambda pair: pair[1].size)


def _where(history: History, pairs: Sequence[tuple[Line, Step]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(title_of(history, line) for line, _ in pairs))


def _said(pairs: Sequence[tuple[Line, Step]]) -> str:
    """From what to what; of several the largest, with the range of all."""
    line, largest = _largest(pairs)
    words = line.track.quantity.words
    levels = f"{words(largest.before)} to {words(largest.after)}"
    least, most = (telling.relative(end(pairs, key=lambda pair: pair[1].size)[1]) for end in (min, max))
    if len(pairs) == 1:
        return f"{levels} ({most})"
    return f"{most}, such as {levels}" if least == most else f"{least} to {most}, at most {levels}"


def _failing(history: History) -> list[Notice]:
    """What had a value and failed when it was measured last."""
    lost = [line for line in history.lines if line.found[-1].outcome == FAILED and telling.valued(line)]
    if not lost:
        return []
    named = listed(list(dict.fromkeys(f"{line.track.name.text} on {title_of(history, line)}" for line in lost)), 4)
    said = f"{count(len(lost), 'tracked number')} failed at the newest commit that was measured, and had a value before: {named}."
    return [Notice(True, said)]


def _of_several_versions(history: History) -> int:
    """How many tracked numbers would be one line, had the way of measuring not changed."""
    versions: dict[object, set[str]] = {}
    for line in history.lines:
        track = line.track
        alike = (track.quantity, track.benchmark, track.variant, track.name, track.place, track.from_asv)
        versions.setdefault(alike, set()).add(track.version)
    return sum(len(found) > 1 for found in versions.values())
