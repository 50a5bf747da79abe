"""How much memory does one gradient take beyond parameters, buffers and batch?

One panel a problem, one row an estimator: the mark is the exact peak of tensor bytes, what the estimator keeps between calls
included. Dashed: the base forward pass. Dotted: backprop. Needs the metrics `peak_bytes` and `base_peak_bytes`.
"""

import math
from typing import Any

from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, height
from reports.figures.selection import (
    NOT_MEASURED,
    Panel,
    Selection,
    Table,
    became,
    by_problem,
    is_eager,
    left_out_sentence,
    pictured,
    undrawn,
    unmeasured,
)
from reports.frames import Results
from reports.text import count, number, signed_bytes, size, size_tick

NAME = "memory"
TITLE = "Memory"
QUESTION = "How much memory does one gradient take beyond parameters, buffers and batch?"
READING = (
    "One panel a problem, one row an estimator. The mark is the exact peak of tensor bytes beyond parameters, buffers and batch, "
    "what the estimator keeps between calls included. Dashed: one base forward pass. Dotted: backprop. On the CPU the second "
    "table has by how much the process grew; what a GPU counts beside the exact peak has a figure of its own."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP"]
__all__ += ["describe", "draw", "finding", "height", "parts", "select", "table"]

_GROWTH = "process_peak_bytes"


def select(results: Results) -> Selection:
    """The cells of kind `memory`, by problem."""
    panels = by_problem(results, "memory", "peak_bytes")
    return Selection(
        panels, (*unmeasured(results, "memory"), *undrawn(panels)), "exact count of tensor bytes", drawn=pictured(panels)
    )


def finding(selection: Selection) -> str:
    """On the problem where backprop takes most, what takes least."""
    panels = [panel for panel in selection.panels if _sound(panel)]
    if not panels:
        return NOT_MEASURED
    panel = max(panels, key=lambda panel: _peak(panel, "backprop") or max(row["value"] for row in _sound(panel)))
    least, backprop = min(_sound(panel), key=lambda row: float(row["value"])), _peak(panel, "backprop")
    compared = f"; backprop peaks at {size(backprop)}" if backprop is not None and not is_eager(least, "backprop") else ""
    return f"On {panel.title}, {least['label']} takes least: a peak of {size(least['value'])}{compared}."


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    base = [row["base_peak_bytes"] for row in panel.rows if row.get("base_peak_bytes", 0) > 0][:1]
    with_rules = Panel(panel.title, panel.data, panel.looks, {"rules": base})
    draw_rows(axes, with_rules, "peak of tensor bytes", size, size_tick, binary=True)
    for value in base:
        drawing.rule(axes, "x", value)
    if backprop := _peak(panel, "backprop"):
        drawing.rule(axes, "x", backprop, ":")


def describe(selection: Selection) -> str:
    """Panels, rows, range by problem."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Row charts on logarithmic axes, {count(len(selection.pictures), 'problem')}."]
    for panel in selection.pictures:
        values = sorted((row["value"], row["label"]) for row in panel.rows if row["value"] >= 0)
        (low, first), (high, last) = values[0], values[-1]
        parts.append(f"{panel.title}: from {size(low)} ({first}) to {size(high)} ({last}), {count(len(values), 'estimator')}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Peaks, what is kept, and how far the cross-check lies from the peak."""
    columns = ("estimator", "peak", "over the base", "base", "kept between calls", "cross-check minus peak", "outcome and marks")
    groups = tuple((panel.title, tuple(_line(row) for row in panel.rows)) for panel in selection.panels)
    return Table("Exact peaks of tensor bytes beyond parameters, buffers and batch", columns, groups)


def parts(selection: Selection) -> Table | None:
    """The exact peak beside the growth of the process; None where that was not recorded."""
    if not any(row.get(_GROWTH, -1) >= 0 for row in selection.rows):
        return None
    groups = tuple(
        (
            panel.title,
            tuple((row["label"], *(size(row.get(name)) for name in ("value", _GROWTH)), became(row)) for row in panel.rows),
        )
        for panel in selection.panels
    )
    columns = ("estimator", "exact peak", "growth of the process", "outcome and marks")
    caption = "Tensor bytes as asked for, and by how much the process grew, which counts pages"
    return Table(caption, columns, groups)


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    sizes = (size(row.get(name)) for name in ("base_peak_bytes", "kept_bytes"))
    checked = signed_bytes(row.get("tracked_peak_bytes", math.nan) - row["value"])
    return (row["label"], size(row["value"]), number(row.get("peak_multiple")), *sizes, checked, became(row))


def _sound(panel: Panel) -> list[dict[str, Any]]:
    return [row for row in panel.rows if row["value"] >= 0 and row["outcome"] != "wrong"]


def _peak(panel: Panel, estimator: str) -> float | None:
    return next((row["value"] for row in panel.rows if is_eager(row, estimator) and row["value"] > 0), None)
