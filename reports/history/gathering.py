"""Everything that is tracked, in the order of commits: the table that pages and `gradgauge.history` show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import pandas as pd

from reports import names
from reports.history.quantities import KNOWN, Quantity
from reports.history.rows import DIRTY, SKIPPED, Found, Place, Track
from reports.history.steps import THRESHOLD, Step, steps
from reports.text import visible

_DIGITS = 7  # of a hash, for people: what git shows

COLUMNS = (
    *("quantity", "benchmark", "variant", "series", "place", "version"),
    *("commit", "position", "date", "value", "low", "high", "outcome", "marks", "source", "step"),
)
"""Of `History.frame`."""


@dataclass(frozen=True)
class Commit:
    """One commit.

    Attributes:
        hash: as results name it.
        date: seconds since 1970, or None where nobody knows.
        subject: the first line of its message; empty where there is no repository to ask.
        logged: whether the repository knows it.
    """

    hash: str
    date: float | None = None
    subject: str = ""
    logged: bool = False

    @property
    def short(self) -> str:
        """The hash for people."""
        return self.hash[:_DIGITS]

    @property
    def day(self) -> str:
        """The date in UTC, for people; empty where it is not known."""
        return "" if self.date is None else datetime.fromtimestamp(self.date, UTC).strftime("%Y-%m-%d")


@dataclass(frozen=True)
class Line:
    """One track with its numbers.

    Attributes:
        track: what it is.
        found: its numbers, in the order of commits.
        positions: the place of each one's commit.
        steps: where its level changes; their `at` counts `found`.
    """

    track: Track
    found: tuple[Found, ...]
    positions: tuple[int, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class History:
    """What is tracked, and the commits it is tracked over.

    Attributes:
        commits: in order, the oldest first.
        lines: in the order of pages.
        notes: what limits this, in sentences.
        ordered: whether the order is the repository's, and not that of dates.
        threshold: the relative change of level that counts, for what is not exact.
        url: what the hash of a commit is appended to for the project's page about it; empty for none.
    """

    commits: tuple[Commit, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    ordered: bool
    threshold: float = THRESHOLD
    url: str = ""

    @property
    def quantities(self) -> list[Quantity]:
        """What is tracked, in the order of pages; what has no number at any commit only where nothing has one."""
        found = [line.track.quantity for line in self.lines if any(one.value is not None for one in line.found)]
        return list(dict.fromkeys(found or [line.track.quantity for line in self.lines]))

    @property
    def places(self) -> list[Place]:
        """Where anything was measured, in the order of pages."""
        return list(dict.fromkeys(line.track.place for line in self.lines))

    @cached_property
    def said(self) -> Mapping[Place, str]:
        """Place -> what tells it apart from the others; empty where it is the only one."""
        return _told_apart(self.places)

    def frame(self) -> pd.DataFrame:
        """One row for each number of each commit, with `COLUMNS`; `step` is the new level where a settled step begins."""
        rows = [
            {
                "quantity": line.track.quantity.name,
                "benchmark": line.track.benchmark,
                "variant": line.track.variant,
                "series": line.track.name.text,
                "place": ", ".join(value for _, value in line.track.place if value),
                "version": line.track.version,
                "commit": found.commit,
                "position": position,
                "date": found.date,
                **{name: getattr(found, name) for name in ("value", "low", "high", "outcome", "source")},
                "marks": " ".join(sorted(found.marks)),
                "step": next((step.after for step in line.steps if step.at == place and step.settled), None),
            }
            for line in self.lines
            for place, (found, position) in enumerate(zip(line.found, line.positions, strict=True))
        ]
        numbers = dict.fromkeys(("date", "value", "low", "high", "step"), "float64")
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)


def gathered(
    found: Sequence[Found],
    log: Sequence[Commit] = (),
    notes: Iterable[str] = (),
    url: str = "",
    threshold: float = THRESHOLD,
) -> History:
    """Numbers of commits as a history.

    Args:
        found: the numbers, in any order; what was skipped at every commit is left out.
        log: the commits that a repository knows, in its order, the oldest first; where one of `found` is not among them, the
            order is that of dates.
        notes: what else limits the history.
        url: see `History`.
        threshold: see `History`.
    """
    logged = {commit.hash: replace(commit, subject=visible(commit.subject)) for commit in log}
    hashes = sorted({one.commit for one in found})
    ordered = bool(hashes) and all(commit in logged for commit in hashes)
    dates = _dates(found)
    commits = [logged.get(name) or Commit(name, dates.get(name)) for name in hashes]
    if ordered:
        order = {name: place for place, name in enumerate(logged)}
        commits.sort(key=lambda commit: order[commit.hash])
    else:
        commits.sort(key=lambda commit: (commit.date is None, commit.date or 0.0, commit.hash))
    position = {commit.hash: place for place, commit in enumerate(commits)}
    tracks: dict[Track, list[Found]] = {}
    for one in sorted(found, key=lambda one: position[one.commit]):
        tracks.setdefault(one.track, []).append(one)
    lines = [
        Line(
            track,
            tuple(ones),
            tuple(position[one.commit] for one in ones),
            tuple(steps([None if DIRTY in one.marks else one.value for one in ones], track.quantity, threshold)),
        )
        for track, ones in sorted(tracks.items(), key=lambda pair: _rank(pair[0]))
        if any(one.outcome != SKIPPED for one in ones)
    ]
    return History(tuple(commits), tuple(lines), tuple(map(visible, notes)), ordered, threshold, url)


def _dates(found: Sequence[Found]) -> dict[str, float]:
    """When each commit is known to have been there: as asv noted it, or else when the first run measured it."""
    dates: dict[str, tuple[bool, float]] = {}
    for one in found:
        if one.date is not None:
            known = (not one.track.from_asv, one.date)
            dates[one.commit] = min(dates.get(one.commit, known), known)
    return {commit: date for commit, (_, date) in dates.items()}


def _rank(track: Track) -> tuple[object, ...]:
    """Where a track stands on a page: by quantity, then asv's benchmarks, then problems."""
    known = list(KNOWN)
    name = track.quantity.name
    quantity = (known.index(name), "") if name in KNOWN else (len(known), name)
    texts = (track.benchmark, track.variant, str(track.place), track.version)
    return quantity, not track.from_asv, *map(names.problem_rank, texts), track.name


def _told_apart(places: Sequence[Place]) -> dict[Place, str]:
    """Each place by what varies among them; one of two words of the same place is enough."""
    words = list(dict.fromkeys(word for place in places for word, _ in place))
    values = {place: dict(place) for place in places}
    varying = [word for word in words if len({values[place].get(word, "") for place in places if word in values[place]}) > 1]
    return {place: " · ".join(filter(None, (values[place].get(word, "") for word in varying))) for place in places}
