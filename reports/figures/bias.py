"""Does the mean of the estimates lie where the exact gradient is, as far as the draws can tell?

One panel a problem, one row an estimator: the mark is ‖mean e − g‖ / ‖g‖ over the draws, the line through it its interval, the
upright stroke the floor, which an unbiased estimator shows by chance. Needs the metrics `bias` and `bias_floor`.
"""

import math

from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, drawn_rows, height, middle
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
from reports.text import count, interval, listed, number, tick, whole

NAME = "bias"
TITLE = "Bias"
QUESTION = "Do estimates hit the exact gradient on average, as far as the draws can tell?"
READING = (
    "One panel a problem, one row an estimator. The mark is ‖mean e − g‖ / ‖g‖ over the draws, the line through it its interval. "
    "The upright stroke is the Monte-Carlo floor, √(variance / draws): an unbiased estimator shows about this much by chance, so "
    "that only an interval that ends before the left edge tells of a bias. With a floor above 1 the draws were too few to tell."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

_ENDS = ("value", "low", "high")
_ROUNDING = 1e-5  # relative: what single precision leaves of a mean that is exact


def select(results: Results) -> Selection:
    """The cells of kind `quality` of estimators that are not exact, by problem."""
    panels, left_out = approximate(results, "bias")
    with_floors = tuple(
        Panel(
            panel.title,
            panel.data,
            panel.looks,
            {"rules": [row["bias_floor"] for row in panel.rows if row.get("bias_floor", 0) > 0]},
        )
        for panel in panels
    )
    scope = "95 % interval over the draws"
    return Selection(with_floors, (*left_out, *undrawn(panels, FEW_PANELS)), scope, drawn=pictured(with_floors, FEW_PANELS))


def finding(selection: Selection) -> str:
    """How many have a bias that chance does not explain, and of how many the draws can tell nothing."""
    rows = [row for row in selection.rows if row["outcome"] == "ok" and math.isfinite(row["value"])]
    if not rows:
        return NOT_MEASURED
    biased = [row for row in rows if row["low"] > _ROUNDING]
    vague = sum(row.get("bias_floor", 0) > 1 for row in rows)
    few = f"; in {vague} the draws were too few to tell of one shorter than the gradient" if vague else ""
    if not biased:
        return f"No bias beyond chance shows in {count(len(rows), 'measurement')}{few}."
    largest = max(biased, key=lambda row: float(row["value"]))
    show = f"{len(biased)} of {count(len(rows), 'measurement')} {'shows' if len(biased) == 1 else 'show'} a bias beyond chance"
    return f"{show}, the largest {number(largest['value'])} ({largest['label']} on {largest['panel']}){few}."


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    draw_rows(axes, panel, "bias ‖mean e − g‖ / ‖g‖", number, tick)
    for place, row in enumerate(drawn_rows(panel)):
        if row.get("bias_floor", 0) > 0:
            drawing.stroke(axes, row["bias_floor"], middle(place))


def describe(selection: Selection) -> str:
    """Panels, rows, those with a bias by problem."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [
        f"Row charts on logarithmic axes, {count(len(selection.pictures), 'problem')}; the lines are the {selection.scope}, "
        "upright strokes the floor."
    ]
    for panel in selection.pictures:
        biased = [row["label"] for row in panel.rows if row["low"] > _ROUNDING]
        parts.append(f"{panel.title}: {count(len(panel.rows), 'estimator')}, beyond chance: {listed(biased) or 'no estimator'}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Bias, its floor, and the variance of single estimates."""
    columns = ("estimator", "bias", "floor", "variance", "draws", "outcome and marks")
    groups = tuple((panel.title, tuple(_line(row) for row in panel.rows)) for panel in selection.panels)
    caption = f"Bias ‖mean e − g‖ / ‖g‖ and variance E‖e − E e‖² / ‖g‖², with the {selection.scope}, and the floor of the bias"
    return Table(caption, columns, groups)


def _line(row: Row) -> tuple[str, ...]:
    variance = interval(row.get("variance"), row.get("variance_low"), row.get("variance_high"))
    bias, draws = interval(*(row[end] for end in _ENDS)), whole(row.get("bias_count"))
    return (row["label"], bias, number(row.get("bias_floor")), variance, draws, became(row))
