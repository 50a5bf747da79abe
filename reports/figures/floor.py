"""How far is each estimator from the time that its floating-point operations alone would take?

One panel a problem, one row an estimator: the mark is the runtime multiple over the multiple of floating-point operations, the
line through it the interval of the runtime; operations are counted and have none. At 1, the dashed line, a gradient is as fast
an operation as the base forward pass itself. Needs the metrics `multiple` and `flop_multiple`.
"""

import math
from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, height
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
    undrawn,
    unmeasured,
)
from reports.frames import Results, column
from reports.looks import looks
from reports.text import count, interval, number, tick

NAME = "floor"
TITLE = "Distance to the operations"
QUESTION = "How far is each estimator from the time that its floating-point operations alone would take?"
READING = (
    "One panel a problem, one row an estimator. The mark is the time of a gradient over that of the base forward pass, divided "
    "by the same ratio of their floating-point operations; the line through it is the interval of the time. Dashed: 1, as fast "
    "an operation as the base itself. Operations are those of matrix products, convolutions and attention: what lies above 1 is "
    "drawing, elementwise work, movement of memory, and the overhead of many small operators."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]


def select(results: Results) -> Selection:
    """The cells of kind `cost`, by problem, of problems whose operations were counted."""
    cells = results.of("cost")
    operations = column(cells, "flop_multiple")
    operations = operations.where(operations > 0)
    ends = {"value": "multiple", "low": "multiple_low", "high": "multiple_high"}
    data = cells.assign(**{name: column(cells, metric) / operations for name, metric in ends.items()})
    seen = looks(results.cells["name"])
    panels = tuple(
        Panel(str(title), group.reset_index(drop=True), seen)
        for title, group in data.groupby("panel", sort=False)
        if (group["value"] > 0).any()
    )
    shown = {panel.title for panel in panels}
    uncounted = int((column(cells, "multiple").notna() & ~cells["panel"].isin(shown)).sum())
    without = (f"{count(uncounted, 'cell')} on problems of which no operations were counted",) if uncounted else ()
    return Selection(
        panels,
        (*unmeasured(results, "cost"), *without, *undrawn(panels, FEW_PANELS)),
        results.scope,
        drawn=pictured(panels, FEW_PANELS),
    )


def finding(selection: Selection) -> str:
    """The range, and how many surely take longer an operation than the base."""
    rows = _sound(selection.rows)
    if not rows:
        return NOT_MEASURED
    low, high = (pick(rows, key=lambda row: float(row["value"])) for pick in (min, max))
    if len(rows) == 1:
        return f"{low['label']} takes {number(low['value'])} times as long an operation as the base on {low['panel']}."
    surely = sum(row["low"] > 1 for row in rows)
    return (
        f"An operation of a gradient takes between {number(low['value'])} ({low['label']} on {low['panel']}) and "
        f"{number(high['value'])} ({high['label']} on {high['panel']}) times as long as one of the base; for "
        f"{surely} of {len(rows)} the interval lies above 1."
    )


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    with_rule = Panel(panel.title, panel.data, panel.looks, {"rules": [1.0]})
    draw_rows(axes, with_rule, "runtime multiple over FLOP multiple", number, tick)
    drawing.rule(axes, "x", 1.0)


def describe(selection: Selection) -> str:
    """Panels, rows, range by problem."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [
        f"Row charts on logarithmic axes, {count(len(selection.pictures), 'problem')}; the lines are the {selection.scope}, of "
        "the time alone."
    ]
    for panel in selection.pictures:
        (low, first), (high, last) = (_end(panel, pick) for pick in (min, max))
        quantity = count(sum(row["value"] > 0 for row in panel.rows), "estimator")
        parts.append(f"{panel.title}: from {number(low)} ({first}) to {number(high)} ({last}), {quantity}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Both multiples and their quotient."""
    columns = ("estimator", "runtime multiple", "FLOP multiple", "runtime over FLOP", "outcome and marks")
    groups = tuple((panel.title, tuple(_line(row) for row in panel.rows)) for panel in selection.panels)
    return Table(f"Runtime multiples over multiples of floating-point operations, with the {selection.scope}", columns, groups)


def _line(row: Row) -> tuple[str, ...]:
    runtime = interval(*(row.get(f"multiple{end}", math.nan) for end in ("", "_low", "_high")))
    quotient = interval(row["value"], row["low"], row["high"])
    return (row["label"], runtime, number(row.get("flop_multiple"), 4), quotient, became(row))


def _sound(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["value"] > 0 and row["outcome"] != "wrong"]


def _end(panel: Panel, pick: Callable[..., Any]) -> tuple[float, str]:
    """The lowest or highest value of a panel, and whose it is."""
    found: tuple[float, str] = pick((row["value"], row["label"]) for row in panel.rows if row["value"] > 0)
    return found
