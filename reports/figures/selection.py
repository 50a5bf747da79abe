"""What a figure shows: its panels, and what it leaves out and why. Also the words that all figures share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd

from benchmarks.records import EAGER
from reports.frames import Results, column, rows
from reports.looks import Look, looks
from reports.text import count, listed

_T = TypeVar("_T")

Row = Mapping[str, Any]
"""One cell: column name -> value."""

NOT_MEASURED = "Nothing was measured."

MOST_PANELS = 6
"""Pictures of a figure at most: of more problems, dimensions or numbers of tangents, evenly spread ones are drawn."""

MOST_ROWS = 100
"""Rows of a figure's table on a page, about: eighteen such tables are half a megabyte."""

FEW_PANELS = 2
"""The same of a figure that says again, in another way, what one before it shows."""


@dataclass(frozen=True)
class Panel:
    """One picture of a figure.

    Attributes:
        title: what sets it apart from the others.
        data: one row a cell; `frames.Results.cells` with what the figure adds.
        looks: series -> look; by the whole name of an estimator where `by` says so.
        facts: what else `draw` needs, such as the dimension of a curve.
        by: `series`, or `text` where estimators that differ in k alone look different.
    """

    title: str
    data: pd.DataFrame
    looks: Mapping[str, Look]
    facts: Mapping[str, Any] = field(default_factory=dict)
    by: str = "series"

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The data row by row, column name -> value."""
        return rows(self.data)

    def line(self, row: Row) -> str:
        """What a row's look stands for: its series, or its whole name."""
        return str(getattr(row["name"], self.by))

    def look(self, row: Row) -> Look:
        """The look of a row."""
        return self.looks[self.line(row)]


@dataclass(frozen=True)
class Selection:
    """All panels of a figure.

    Attributes:
        panels: in the order of the page; empty where there is nothing to draw.
        left_out: sentences, each with a count.
        scope: what the intervals stand for.
        legend: whether the series are told apart by their looks alone, so that a legend is needed.
        drawn: the panels that have a picture; None for all. The others may be in the table.
        folded: panels whose pictures are folded away below the others.
        fold: what they are, as the words one unfolds them by.
        asked: whether its sentence is shown also where nothing can be drawn, since it was asked for and says why.
    """

    panels: tuple[Panel, ...]
    left_out: tuple[str, ...]
    scope: str
    legend: bool = False
    drawn: tuple[Panel, ...] | None = None
    folded: tuple[Panel, ...] = ()
    fold: str = ""
    asked: bool = False

    @property
    def pictures(self) -> tuple[Panel, ...]:
        """The panels whose pictures are seen at once."""
        return self.panels if self.drawn is None else self.drawn

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of all panels."""
        return [row for panel in self.panels for row in panel.rows]


@dataclass(frozen=True)
class Table:
    """Numbers for people.

    Attributes:
        caption: what it holds.
        columns: headings; the first is that of the row headers.
        groups: (heading of the group, its rows), each row as long as `columns`.
        prose: whether its cells hold sentences, which wrap, and not numbers, which do not.
        left_out: a sentence on rows that are not in it, or empty.
    """

    caption: str
    columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    prose: bool = False
    left_out: str = ""

    def shortened(self, most: int = MOST_ROWS) -> "Table":
        """The same with about `most` rows at most, for a page: evenly spread groups, or of one what there is room for."""
        kept = next((few for few in range(len(self.groups), 0, -1) if _rows(spread(self.groups, few)) <= most), 0)
        groups = spread(self.groups, kept) if kept else tuple((heading, rows[:most]) for heading, rows in self.groups[:1])
        if not (fewer := _rows(self.groups) - _rows(groups)):
            return self
        are = "is" if fewer == 1 else "are"
        said = f"{count(fewer, 'further row')} {are} not shown; the page holds their numbers, and so does the run folder."
        return replace(self, groups=groups, left_out=said)


def by_problem(results: Results, kind: str, metric: str) -> tuple[Panel, ...]:
    """A panel for each problem on which anything of `kind` was planned, its rows in the order of reports."""
    cells = results.of(kind)
    if cells.empty:
        return ()
    seen = looks(results.cells["name"])
    data = cells.assign(value=column(cells, metric), low=column(cells, f"{metric}_low"), high=column(cells, f"{metric}_high"))
    return tuple(
        Panel(str(title), group.reset_index(drop=True), seen)
        for title, group in data.groupby("panel", sort=False)
        if group["value"].notna().any()
    )


def approximate(results: Results, metric: str) -> tuple[tuple[Panel, ...], tuple[str, ...]]:
    """The panels of a metric of quality without exact estimators, and what is left out; see `by_problem`."""
    panels, exact = [], 0
    for panel in by_problem(results, "quality", metric):
        kept = pd.Series([row["name"].family != "exact" for row in panel.rows])
        exact += int((~kept).sum())
        if panel.data.loc[kept, "value"].notna().any():
            panels.append(Panel(panel.title, panel.data[kept].reset_index(drop=True), panel.looks))
    said = (count(exact, "cell of exact estimators", "cells of exact estimators"),) if exact else ()
    return tuple(panels), (*unmeasured(results, "quality"), *said)


def spread(things: Sequence[_T], most: int = MOST_PANELS) -> tuple[_T, ...]:
    """At most `most` of them, evenly spread, the first and (of two or more) the last included."""
    if len(things) <= most:
        return tuple(things)
    return tuple(things[round(place * (len(things) - 1) / max(1, most - 1))] for place in range(most))


def pictured(panels: Sequence[Panel], most: int = MOST_PANELS) -> tuple[Panel, ...]:
    """The panels that have a picture, `most` at most: of evenly spread problems all that there are.

    A problem in several runs, or on several devices, has a panel for each, which readers compare: they stay together.
    """
    problems = _by_problem(panels)
    fitting = (few for few in range(len(problems), 0, -1) if sum(map(len, spread(problems, few))) <= most)
    if fits := next(fitting, 0):
        return tuple(panel for members in spread(problems, fits) for panel in members)
    return spread(problems[0], most) if problems else ()


def undrawn(panels: Sequence[Panel], most: int = MOST_PANELS) -> tuple[str, ...]:
    """How many problems have no picture, for what is left out; panels, where a problem has several."""
    further = len(panels) - len(pictured(panels, most))
    noun = "further problem" if len(_by_problem(panels)) == len(panels) else "further panel"
    return (f"{count(further, noun)} (without a picture)",) if further else ()


def is_eager(row: Row, estimator: str) -> bool:
    """Whether a row is this estimator's, executed eagerly: compiled ones are compared with it."""
    return bool(row["estimator"] == estimator and row["execution"] == EAGER)


DOUBTFUL = frozenset({"imprecise", "contended", "throttled", "allocating", "disputed"})
"""Marks that touch a number, which is then drawn hollow."""


def state(row: Row) -> str:
    """`wrong`, `doubtful` (a mark that touches the number) or `ok`."""
    if row["outcome"] == "wrong":
        return "wrong"
    return "doubtful" if row["marks"] & DOUBTFUL else "ok"


def remark(row: Row) -> str:
    """Outcome and marks in words, empty for a clean `ok`: what is said beside a number."""
    words = ([] if row["outcome"] == "ok" else [row["outcome"]]) + (sorted(row["marks"]) if row["processes"] else [])
    return ", ".join(words)


def became(row: Row) -> str:
    """Outcome and marks in words, `ok` included: for tables."""
    return ", ".join(filter(None, ("ok" if row["outcome"] == "ok" else "", remark(row))))


def unmeasured(results: Results, kind: str) -> tuple[str, ...]:
    """What became of the cells of `kind` that have no number, counted by outcome."""
    cells = results.of(kind)
    without = cells[cells["processes"] == 0]
    counts = without["outcome"].value_counts(sort=False)
    return tuple(f"{count(int(number), 'cell')} {outcome}" for outcome, number in sorted(counts.items()))


def left_out_sentence(selection: Selection) -> str:
    """What a figure does not show, as one sentence; empty where it shows all."""
    return f"Not shown: {listed(list(selection.left_out))}." if selection.left_out else ""


def _rows(groups: Sequence[tuple[str, Sequence[object]]]) -> int:
    return sum(len(rows) for _, rows in groups)


def _by_problem(panels: Sequence[Panel]) -> list[list[Panel]]:
    """The panels of each problem, in the order of the first."""
    found: dict[str, list[Panel]] = {}
    for panel in panels:
        found.setdefault(str(panel.data["problem"].iloc[0]), []).append(panel)
    return list(found.values())
