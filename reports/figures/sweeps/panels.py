"""From results to the panels of a sweep: which cells form families, and what they have in common."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from reports import names
from reports.figures.selection import Panel, Row, Selection
from reports.figures.sweeps.courses import COURSES, Course
from reports.figures.sweeps.places import Place
from reports.frames import Results, column, rows
from reports.looks import looks
from reports.text import count, listed

MOST_AT_ONCE = 2
"""Families that are shown at once at most: the first, and the same of another run or device, which readers compare."""

MOST_FOLDED = 2
"""Families whose pictures are folded away below those of the first; others have none."""


def select(results: Results, place: Callable[[Row], Place | None], least: int, by: str) -> Selection:
    """Families with at least `least` places on the axis, each with a panel a metric; `MOST_AT_ONCE` are shown, others folded.

    Args:
        results: of one or more runs.
        place: where a cell stands; None where it stands nowhere on this axis.
        least: fewer places are no course, of a family or of a line.
        by: `series`, or `text` where estimators that differ in k alone are lines of their own.
    """
    placed = _told_apart({course: _placed(results, course, place, by) for course in COURSES})
    measured: dict[str, set[float]] = {}
    planned: dict[tuple[str, str], set[float]] = {}
    for row in (row for data in placed.values() for row in rows(data[["family", "line", "x", "value"]])):
        planned.setdefault((row["family"], row["line"]), set()).add(row["x"])
        measured.setdefault(row["family"], set()).update([row["x"]] if row["value"] > 0 else [])
    families = [family for family, xs in measured.items() if len(xs - {0.0}) >= least]
    short = [line for line, xs in planned.items() if line[0] in families and 0 < len(xs - {0.0}) < least]
    shown = {course: _of(data, families, short) for course, data in placed.items()}
    seen = looks((name for data in shown.values() for name in data["name"]), by)
    panels = [
        Panel(f"{family}: {course.noun}", data.reset_index(drop=True), seen, {"course": course, "family": family}, by)
        for family in families
        for course, data in ((course, data[data["family"] == family]) for course, data in shown.items())
        if ((data["value"] > 0) & (data["x"] > 0)).any()
    ]
    few = [f"{count(len(short), 'line')} of fewer than {least} places"] if short else []
    ranked = _ranked(panels)
    first = [family for family in ranked if _problem(family) == _problem(ranked[0])][:MOST_AT_ONCE]
    others = [family for family in ranked if family not in first]
    drawn = tuple(panel for panel in panels if panel.facts["family"] in first)
    folded = tuple(panel for panel in panels if panel.facts["family"] in others[:MOST_FOLDED])
    named = listed(list(dict.fromkeys(panel.facts["family"] for panel in folded)))
    further = len(others[MOST_FOLDED:])
    hidden = [f"{count(further, 'further family', 'further families')} (without a picture)"] if further else []
    left_out = (*_left_out(shown.values()), *few, *hidden)
    return Selection(tuple(panels), left_out, results.scope, True, drawn, folded, f"The same for {named}" if folded else "")


def _ranked(panels: Sequence[Panel]) -> list[str]:
    """Families, the one that is shown at once first: by number of metrics, then the longest axis, then the largest problem."""
    families: dict[str, list[Panel]] = {}
    for panel in panels:
        families.setdefault(panel.facts["family"], []).append(panel)
    return sorted(families, key=lambda family: (len(families[family]), *_extent(families[family])), reverse=True)


def _problem(family: str) -> str:
    """A family without what sets it apart from the same in another run or on another device."""
    return family.partition(" · ")[0]


def _extent(panels: Sequence[Panel]) -> tuple[float, float]:
    """Of what was measured: the largest place over the smallest, and the largest number of coordinates."""
    measured = [row for panel in panels for row in panel.rows if row["value"] > 0 and row["x"] > 0]
    places = [row["x"] for row in measured]
    return max(places) / min(places), max((row["n"] for row in measured if row["n"] > 0), default=0.0)


def _told_apart(placed: dict[Course, pd.DataFrame]) -> dict[Course, pd.DataFrame]:
    """The same with a name of its own for each family."""
    called = {shared: family for data in placed.values() for shared, family in zip(data["shared"], data["family"], strict=True)}
    families = names.told_apart(called, called.__getitem__)
    return {course: data.assign(family=data["shared"].map(families)) for course, data in placed.items()}


def _of(data: pd.DataFrame, families: list[str], short: list[tuple[str, str]]) -> pd.DataFrame:
    """The rows of some families without the lines that are too short."""
    keys = zip(data["family"], data["line"], strict=True)
    kept = [family in families and (family, line) not in short for family, line in keys]
    return data[pd.Series(kept, index=data.index, dtype=bool)]


def _placed(results: Results, course: Course, place: Callable[[Row], Place | None], by: str) -> pd.DataFrame:
    cells = results.of(course.kind)
    found = [place(row) for row in rows(cells)]
    kept = cells[pd.Series([one is not None for one in found], index=cells.index, dtype=bool)]
    at = pd.DataFrame([one for one in found if one is not None], columns=Place._fields, index=kept.index)
    return kept.assign(
        **{name: at[name] for name in Place._fields},
        line=pd.Series([getattr(name, by) for name in kept["name"]], index=kept.index, dtype=object),
        value=column(kept, course.metric),
        low=column(kept, f"{course.metric}_low"),
        high=column(kept, f"{course.metric}_high"),
        theory=column(kept, course.theory),
    )


def _left_out(shown: Iterable[pd.DataFrame]) -> list[str]:
    """Cells of the families without a point, counted by what became of them."""
    without = [row for data in shown for row in rows(data[~(data["value"] > 0)])]
    outcomes = Counter("whose value is not positive" if row["value"] <= 0 else row["outcome"] for row in without)
    return [f"{count(quantity, 'cell')} {what}" for what, quantity in sorted(outcomes.items())]
