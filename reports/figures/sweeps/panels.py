"""From results to the panels of a sweep: which cells form families, and what they have in common."""

from collections import Counter
from collections.abc import Callable, Iterable

import pandas as pd

from reports.figures.selection import Panel, Row, Selection
from reports.figures.sweeps.courses import COURSES, Course
from reports.figures.sweeps.places import Place
from reports.frames import Results, column, rows
from reports.looks import looks
from reports.text import count


def select(results: Results, place: Callable[[Row], Place | None], least: int, by: str) -> Selection:
    """Families with at least `least` places on the axis, each with a panel a metric.

    Args:
        results: of one or more runs.
        place: where a cell stands; None where it stands nowhere on this axis.
        least: fewer places are no course.
        by: `series`, or `text` where estimators that differ in k alone are lines of their own.
    """
    placed = {course: _placed(results, course, place) for course in COURSES}
    places: dict[str, set[float]] = {}
    for data in placed.values():
        for row in rows(data[data["value"] > 0]):
            places.setdefault(row["family"], set()).add(row["x"])
    families = [family for family, xs in places.items() if len(xs - {0.0}) >= least]
    known = [data[data["family"].isin(families)] for data in placed.values()]
    seen = looks((name for data in known for name in data["name"]), by)
    panels = [
        Panel(f"{family}: {course.noun}", data.reset_index(drop=True), seen, {"course": course, "family": family}, by)
        for family in families
        for course, data in ((course, data[data["family"] == family]) for course, data in placed.items())
        if ((data["value"] > 0) & (data["x"] > 0)).any()
    ]
    return Selection(tuple(panels), tuple(_left_out(known)), results.scope, legend=True)


def _placed(results: Results, course: Course, place: Callable[[Row], Place | None]) -> pd.DataFrame:
    cells = results.of(course.kind)
    found = [place(row) for row in rows(cells)]
    kept = cells[pd.Series([one is not None for one in found], index=cells.index, dtype=bool)]
    at = pd.DataFrame([one for one in found if one is not None], columns=Place._fields, index=kept.index)
    return kept.assign(
        **{name: at[name] for name in Place._fields},
        value=column(kept, course.metric),
        low=column(kept, f"{course.metric}_low"),
        high=column(kept, f"{course.metric}_high"),
        theory=column(kept, course.theory),
    )


def _left_out(known: Iterable[pd.DataFrame]) -> list[str]:
    """Cells of the families without a point, counted by what became of them."""
    without = [row for data in known for row in rows(data[~(data["value"] > 0)])]
    outcomes = Counter("whose value is not positive" if row["value"] <= 0 else row["outcome"] for row in without)
    return [f"{count(quantity, 'cell')} {what}" for what, quantity in sorted(outcomes.items())]
