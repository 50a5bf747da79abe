"""On which share of the coordinates do estimates have the right sign?

One panel a problem, one row an estimator: the text is the mean share of coordinates whose sign is that of the exact gradient, the
mark how far it lies above one half, where a direction that knows nothing leads. Needs the metric `sign_agreement`.
"""

import math

from matplotlib.axes import Axes

from reports.figures.rows import LEFT, TOP, draw_rows, height
from reports.figures.selection import (
    FEW_PANELS,
    NOT_MEASURED,
    Panel,
    Row,
    Selection,
    Table,
    approximate,
    became,
    left_out_sentence,
    pictured,
    undrawn,
)
from reports.frames import Results
from reports.text import NOTHING, count, interval, number, tick, whole

NAME = "signs"
TITLE = "Signs"
QUESTION = "On which share of the coordinates do estimates have the sign of the exact gradient?"
READING = (
    "One panel a problem, one row an estimator. The number is the mean share of coordinates whose sign is that of the exact "
    "gradient (of those where it is not zero); the mark shows how far it lies above one half, and the line through it its "
    "interval over the draws. A direction that knows nothing agrees on one half. Where an estimate is zero it does not agree, so "
    "that one of few coordinates may lie below and has no mark."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

CHANCE = 0.5
"""Share of coordinates on which a direction without zeros agrees that knows nothing."""

_ENDS = ("value", "low", "high")


def select(results: Results) -> Selection:
    """The cells of kind `quality` of estimators that are not exact, by problem."""
    panels, left_out = approximate(results, "sign_agreement")
    scope = "95 % interval over the draws"
    return Selection(panels, (*left_out, *undrawn(panels, FEW_PANELS)), scope, drawn=pictured(panels, FEW_PANELS))


def finding(selection: Selection) -> str:
    """How many lie surely above one half, and the range of the shares."""
    rows = [row for row in selection.rows if row["outcome"] == "ok" and math.isfinite(row["value"])]
    if not rows:
        return NOT_MEASURED
    above = sum(row["low"] > CHANCE for row in rows)
    low, high = (pick(rows, key=lambda row: float(row["value"])) for pick in (min, max))
    surely = f"{above} of {count(len(rows), 'mean share')} {'lies' if above == 1 else 'lie'} surely above one half"
    extent = f"{_share(high['value'])} ({high['label']} on {high['panel']})"
    return f"{surely}; they go from {_share(low['value'])} to {extent}." if len(rows) > 1 else f"{surely}: {extent}."


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    beyond = Panel(panel.title, panel.data.assign(**{end: panel.data[end] - CHANCE for end in _ENDS}), panel.looks)
    draw_rows(axes, beyond, "share of coordinates beyond one half", lambda value: _share(value + CHANCE), tick)


def describe(selection: Selection) -> str:
    """Panels, rows, range by problem."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Row charts on logarithmic axes, {count(len(selection.pictures), 'problem')}; the lines are the {selection.scope}."]
    for panel in selection.pictures:
        values = sorted((row["value"], row["label"]) for row in panel.rows if math.isfinite(row["value"]))
        (low, first), (high, last) = values[0], values[-1]
        extent = f"from {_share(low)} ({first}) to {_share(high)} ({last})"
        parts.append(f"{panel.title}: {extent}, {count(len(values), 'estimator')}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Shares with their intervals."""
    columns = ("estimator", "share of coordinates", "draws", "outcome and marks")
    groups = tuple((panel.title, tuple(_line(row) for row in panel.rows)) for panel in selection.panels)
    return Table(f"Mean share of coordinates with the right sign, with its {selection.scope}", columns, groups)


def _line(row: Row) -> tuple[str, ...]:
    return (row["label"], interval(*(row[end] for end in _ENDS)), whole(row.get("sign_agreement_count")), became(row))


def _share(value: float) -> str:
    return f"{number(100 * value, 4)} %" if math.isfinite(value) else NOTHING
