"""Which parts of a model have their gradient estimated well: the direction, tensor by tensor?

One panel a problem, one strip an estimator, one cell of it a parameter tensor in the model's order: the colour is the mean cosine
similarity between the estimate of that tensor and its exact gradient, on a logarithmic scale that the panel shares. Numbers stand
in the cells where they are few. Needs the metric `cosine` by layer.
"""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from benchmarks.records import Metric
from reports import heat
from reports.figures.rows import ROW, TOP, drawn_rows, head_row, of_all, write
from reports.figures.selection import (
    NOT_MEASURED,
    Panel,
    Row,
    Selection,
    Table,
    approximate,
    became,
    left_out_sentence,
    pictured,
)
from reports.frames import Results
from reports.style import WIDTH
from reports.text import NOTHING, count, interval, listed, number, short

NAME = "layers"
TITLE = "Direction, tensor by tensor"
QUESTION = "Which parts of a model have their gradient estimated well?"
READING = (
    "One panel a problem, one strip an estimator, one cell of it a parameter tensor, in the model's order. The colour is the "
    "mean cosine similarity between the estimate of that tensor and its exact gradient, from dark (low) to light (high) on the "
    "logarithmic scale at the top; the number beside a name is that of all tensors together. A cell is empty where the mean is "
    "not positive, or the exact gradient of that tensor is zero."
)

LEFT = 8

MOST = 4
"""Problems that are drawn and in the table; a model may have hundreds of tensors."""

_LOWEST, _HIGHEST = 1e-9, 0.1  # lower end of the scale of colours, at least and at most
_NUMBERED, _NAMED = 6, 12  # tensors whose cells hold their number; that a line of the table names
_STRIP = (0.46, 0.9)  # upper and lower end of a strip within its row
_CHARACTER = 6.6  # pixels of one in the label of a tick
_MARGINS = 28  # pixels left and right of the axes

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]


def select(results: Results) -> Selection:
    """The cells of kind `quality` of estimators that are not exact, on problems of several tensors."""
    found, left_out = approximate(results, "cosine")
    several = [(panel, tensors) for panel in found if len(tensors := _tensors(panel)) > 1]
    panels = pictured([Panel(panel.title, panel.data, panel.looks, _facts(panel, tensors)) for panel, tensors in several], MOST)
    single, further = len(found) - len(several), len(several) - len(panels)
    said = {
        "problem of a single tensor": (single, "problems of a single tensor"),
        "further problem (in the exported data)": (further, "further problems (in the exported data)"),
    }
    more = tuple(count(quantity, noun, plural) for noun, (quantity, plural) in said.items() if quantity)
    return Selection(tuple(panels), (*left_out, *more), "95 % interval over the draws")


def finding(selection: Selection) -> str:
    """Where the tensors of one estimate differ most."""
    sound = [(panel, row) for panel in selection.panels for row in panel.rows if row["outcome"] != "wrong"]
    spans = [span for panel, row in sound if (span := _span(panel, row))]
    if not spans:
        return NOT_MEASURED
    factor, (low, worst), (high, best), row = max(spans, key=lambda span: span[0])
    return (
        f"Within one estimate the mean cosines of tensors, as far as they are surely positive, differ by up to a factor of "
        f"{number(factor)}: from {number(low)} ({worst}) to {number(high)} ({best}) for {row['label']} on {row['panel']}."
    )


def height(panel: Panel) -> float:
    """Pixels that the strips of a panel need, scale and axis included."""
    return (1 + len(drawn_rows(panel))) * ROW + 52


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem: the scale, then a strip for each estimator."""
    tensors, ends, members = panel.facts["tensors"], panel.facts["ends"], drawn_rows(panel)
    axes.grid(visible=False)
    write(axes, 0, 0.0, number(ends[0], 2), "left")
    write(axes, 0, 0.5, "mean cosine similarity", "center")
    write(axes, 0, 1.0, number(ends[1], 2), "right")
    heat.scale(axes, _STRIP, len(tensors), ends)
    for place, row in enumerate(members, start=1):
        head_row(axes, place, row, number)
        values = _values(row, tensors)
        if any(value > 0 for value in values):
            words = [number(value, 2) if value > 0 else "" for value in values] if len(tensors) <= _NUMBERED else ()
            heat.strip(axes, (place + _STRIP[0], place + _STRIP[1]), values, ends, words)
    axes.set_xlim(0.5, len(tensors) + 0.5)
    axes.set_ylim(1 + len(members), 0)
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    _name_tensors(axes, tensors, of_all(panel))


def describe(selection: Selection) -> str:
    """By problem: tensors, range, and the tensors at either end."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Heat maps, {count(len(selection.panels), 'problem')}: a row an estimator, a column a parameter tensor."]
    for panel in selection.panels:
        tensors = panel.facts["tensors"]
        parts.append(f"{panel.title}: {count(len(tensors), 'tensor')} from {tensors[0]} to {tensors[-1]}, {_ends_said(panel)}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """The mean cosine of all tensors together and of each, as far as they are few."""
    columns = ("estimator", "all together", "lowest", "highest", "by tensor, in order", "outcome and marks")
    groups = tuple((panel.title, tuple(_line(panel, row) for row in panel.rows)) for panel in selection.panels)
    return Table(f"Mean cosine similarity with the exact gradient, with its {selection.scope}", columns, groups, prose=True)


def _tensors(panel: Panel) -> list[str]:
    """The tensors of a problem in the model's order, as far as any estimator was measured on them."""
    return list(dict.fromkeys(layer for row in panel.rows for layer, of in row["layers"].items() if "cosine" in of))


def _facts(panel: Panel, tensors: Sequence[str]) -> dict[str, Any]:
    """The tensors and the ends of the scale of colours."""
    shown = [value for row in panel.rows for value, _ in _sure(row, tensors)]
    low = max(min(shown, default=_HIGHEST), _LOWEST)
    return {"tensors": list(tensors), "ends": (min(low, _HIGHEST), 1.0)}


def _values(row: Row, tensors: Sequence[str]) -> list[float]:
    """The mean cosine of each tensor; NaN where there is none."""
    found = (row["layers"].get(tensor, {}).get("cosine") for tensor in tensors)
    return [math.nan if one is None else float(one.value) for one in found]


def _sure(row: Row, tensors: Sequence[str]) -> list[tuple[float, str]]:
    """The tensors whose mean cosine is surely positive, its interval included, with that."""
    found = ((row["layers"].get(tensor, {}).get("cosine"), tensor) for tensor in tensors)
    return [(float(one.value), tensor) for one, tensor in found if one is not None and _least(one) > 0]


def _least(metric: Metric) -> float:
    """The lower end of a mean's interval, or the mean where it has none."""
    return float((metric.value or 0.0) if metric.low is None else metric.low)


def _span(panel: Panel, row: Row) -> tuple[float, tuple[float, str], tuple[float, str], Row] | None:
    """Highest over lowest mean of a row, of those that are surely positive, with their tensors; None where there are not two."""
    values = _sure(row, panel.facts["tensors"])
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    return high[0] / low[0], low, high, row


def _ends_said(panel: Panel) -> str:
    """The range of a panel, in words."""
    spans = [span for row in panel.rows if (span := _span(panel, row))]
    if not spans:
        return "of which no two have a surely positive mean in one estimate"
    (low, worst), (high, best) = min(span[1] for span in spans), max(span[2] for span in spans)
    return f"mean cosine from {number(low)} ({worst}) to {number(high)} ({best}), {count(len(panel.rows), 'estimator')}"


def _name_tensors(axes: Axes, tensors: Sequence[str], note: str) -> None:
    """The tensors' names at the axis, or their places where names have no room."""
    width = (WIDTH - _MARGINS) / len(tensors)
    if max(map(len, tensors)) * _CHARACTER < width:
        axes.set_xticks(range(1, len(tensors) + 1), tensors)
        axes.set_xlabel(f"parameter tensor{note}")
        return
    step = math.ceil(len(tensors) / 10)
    axes.set_xticks(range(1, len(tensors) + 1, step))
    ends = f": 1 is {short(tensors[0], 14)}, {len(tensors)} is {short(tensors[-1], 14)}"
    axes.set_xlabel(f"parameter tensor{note or ends}")


def _line(panel: Panel, row: Row) -> tuple[str, ...]:
    span, tensors = _span(panel, row), panel.facts["tensors"]
    low, high = (f"{number(value)} ({tensor})" for value, tensor in span[1:3]) if span else (NOTHING, NOTHING)
    values = dict(zip(tensors, _values(row, tensors), strict=True))
    named = [f"{tensor} {number(value)}" for tensor, value in values.items() if math.isfinite(value)]
    each = listed(named, _NAMED) or NOTHING
    return (row["label"], interval(row["value"], row["low"], row["high"]), low, high, each, became(row))
