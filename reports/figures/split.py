"""Where does the time of a gradient go: into drawing tangents, into derivatives along them, or into forming the estimate?

One panel a problem, one row an estimator that has such parts. Each part is a mark of its own on a common axis, in base forward
passes, with its interval; the diamond is the whole gradient. The parts are timed in a pass of their own, with the clock read
between them, and need not add up to the whole: so they stand side by side and are not stacked. Needs the metrics
`drawing_multiple`, `derivative_multiple`, `aggregation_multiple` and `multiple`.
"""

import math
from collections import Counter
from collections.abc import Mapping
from statistics import median
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.rows import LEFT, MOST, ROW, TOP, head_row, middle
from reports.figures.selection import (
    FEW_PANELS,
    NOT_MEASURED,
    Panel,
    Row,
    Selection,
    Table,
    became,
    left_out_sentence,
    pictured,
    spread,
    state,
    undrawn,
    unmeasured,
)
from reports.frames import Results, column, rows
from reports.looks import COLORS, INK, Look
from reports.names import Name
from reports.text import count, interval, listed, number, tick

NAME = "split"
TITLE = "The parts of a gradient"
QUESTION = "Where does the time of a gradient go: drawing tangents, derivatives along them, or forming the estimate?"
READING = (
    "One panel a problem, one row an estimator that works in such parts. Each part has a mark of its own, in base forward "
    "passes, with its interval; the diamond, and the number beside the name, is the whole gradient. Parts are timed in a pass of "
    "their own, with the clock read between them, and need not add up to the whole."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

_PARTS = {"drawing": "drawing_multiple", "derivative": "derivative_multiple", "aggregation": "aggregation_multiple"}
_WHOLE = "whole gradient"
_METRICS = {**_PARTS, _WHOLE: "multiple"}
_LOOKS = {
    "drawing": Look(COLORS["forward gradient"], "o", "-"),
    "derivative": Look(COLORS["projection"], "s", "-"),
    "aggregation": Look(COLORS["zeroth order"], "^", "-"),
    _WHOLE: Look(INK, "D", "-"),
}


def select(results: Results) -> Selection:
    """The parts of each cell of kind `cost` that has any, by problem: one row a part."""
    cells = results.of("cost")
    has_parts = pd.Series(False, index=cells.index)
    for metric in _PARTS.values():
        has_parts |= column(cells, metric) > 0
    data = pd.concat([_of_part(cells[has_parts], place, part) for place, part in enumerate(_METRICS)])
    panels = tuple(
        Panel(str(title), group.sort_values("estimator_name", kind="stable").reset_index(drop=True), _LOOKS)
        for title, group in data.groupby("panel", sort=False)
    )
    whole = int((column(cells, "multiple").notna() & ~has_parts).sum())
    without = (f"{count(whole, 'cell')} of estimators that do not work in such parts",) if whole else ()
    left_out = (*unmeasured(results, "cost"), *without, *undrawn(panels, FEW_PANELS))
    return Selection(panels, left_out, results.scope, legend=True, drawn=pictured(panels, FEW_PANELS))


def finding(selection: Selection) -> str:
    """Which part is the largest how often, and how the sum of the parts compares with the whole."""
    gradients = [of for of in _gradients(selection) if of[_WHOLE]["outcome"] != "wrong"]
    if not gradients:
        return NOT_MEASURED
    largest = Counter(max(_PARTS, key=lambda part: _value(of, part)) for of in gradients)
    said = listed([f"{part} for {number}" for part, number in sorted(largest.items(), key=lambda pair: (-pair[1], pair[0]))])
    sums = [_sum(of) / _value(of, _WHOLE) for of in gradients if _value(of, _WHOLE) > 0]
    together = f"; the parts add up to {_spread(sums)} times the whole, which is timed without interruptions" if sums else ""
    return f"The largest part, of {count(len(gradients), 'gradient')}, is {said}{together}."


def height(panel: Panel) -> float:
    """Pixels that the rows of a panel need, axis included."""
    return min(MOST, panel.data["label"].nunique()) * ROW + 52


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    values = [row[end] for row in panel.rows for end in ("value", "low", "high")]
    gradients = _by_gradient(panel)
    members = spread(gradients, MOST)
    of_all = f" ({MOST} of {len(gradients)} rows)" if len(gradients) > MOST else ""
    style.log_axis(axes, "x", [*values, 1.0], "multiple of the base forward pass" + of_all, tick)
    axes.set_ylim(len(members), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    drawing.rule(axes, "x", 1.0)
    for place, of in enumerate(members):
        head_row(axes, place, of[_WHOLE], number)
        axes.axhline(middle(place), color=style.GRID, linewidth=0.6, zorder=0.2)
        for row in of.values():
            if row["value"] > 0:
                look, line = panel.look(row), middle(place)
                drawing.whisker(axes, [row["low"], row["high"]], [line, line], look)
                drawing.point(axes, row["value"], line, look, state=state(row), size=5)


def describe(selection: Selection) -> str:
    """Panels, and the largest part of each row."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [
        f"Row charts on logarithmic axes, {count(len(selection.pictures), 'problem')}, with a mark for each part and one for the "
        f"whole; the lines are the {selection.scope}."
    ]
    for panel in selection.pictures:
        said = []
        for of in _by_gradient(panel):
            part = max(_PARTS, key=lambda part: _value(of, part))
            said.append(f"{of[_WHOLE]['label']} {part} {number(_value(of, part))} of {number(of[_WHOLE]['value'])}")
        parts.append(f"{panel.title}, the largest part and the whole: {listed(said)}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """The parts, their sum and the whole."""
    columns = ("estimator", *_PARTS, "sum of the parts", _WHOLE, "outcome and marks")
    groups = tuple((panel.title, tuple(_line(of) for of in _by_gradient(panel))) for panel in selection.panels)
    return Table(f"The parts of a gradient in base forward passes, with the {selection.scope}", columns, groups)


def _of_part(cells: pd.DataFrame, place: int, part: str) -> pd.DataFrame:
    """One row a cell for one part, whose look is that of the part."""
    metric, name = _METRICS[part], Name(place, part, 0, part)
    ends = {end: column(cells, metric + suffix) for end, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))}
    named = {"estimator_name": cells["name"], "name": pd.Series([name] * len(cells), index=cells.index, dtype=object)}
    return cells.assign(part=part, **named, **ends)


def _by_gradient(panel: Panel) -> list[dict[str, Row]]:
    """For each estimator of a panel, part -> row."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows(panel.data):
        found.setdefault(row["label"], {})[row["part"]] = row
    return list(found.values())


def _gradients(selection: Selection) -> list[dict[str, Row]]:
    return [of for panel in selection.panels for of in _by_gradient(panel)]


def _value(of: Mapping[str, Row], part: str) -> float:
    """A part's multiple; 0 where the gradient has no such part."""
    value = of[part]["value"]
    return float(value) if math.isfinite(value) else 0.0


def _sum(of: Mapping[str, Row]) -> float:
    return sum(_value(of, part) for part in _PARTS)


def _line(of: Mapping[str, Row]) -> tuple[str, ...]:
    whole: Mapping[str, Any] = of[_WHOLE]
    parts = (interval(of[part]["value"], of[part]["low"], of[part]["high"]) for part in _PARTS)
    return (
        whole["label"],
        *parts,
        number(_sum(of), 4),
        interval(whole["value"], whole["low"], whole["high"]),
        became(whole),
    )


def _spread(values: list[float]) -> str:
    low, middle_one, high = (number(value) for value in (min(values), median(values), max(values)))
    return low if low == high else f"{low} to {high}, in the median {middle_one},"
