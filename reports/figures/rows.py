"""The row chart that several figures share: a line of text for each estimator, and its value below it on a common axis.

The text stands above the mark, not beside it, so that a panel stays legible at the width of a telephone.
"""

from collections.abc import Callable
from typing import Any, Literal

from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.selection import Panel, Row, remark, spread, state
from reports.text import NOTHING, short

ROW = 31
"""Pixels of one row."""

LEFT, TOP = 8, 4
"""Pixels left of the axes and above them: names stand inside."""

Side = Literal["left", "center", "right"]
"""Which end of words stands where they are written."""

MOST = 100
"""Rows of a picture at most: of more, evenly spread ones are drawn."""

_TEXT, _LINE = 0.36, 0.68  # where the foot of the text and the mark stand within a row


def middle(place: int) -> float:
    """Where the mark of a row stands on the axis of y."""
    return place + _LINE


def drawn_rows(panel: Panel) -> tuple[dict[str, Any], ...]:
    """The rows of a panel that have a place in its picture: all, or `MOST` evenly spread ones."""
    return spread(panel.rows, MOST)


def of_all(panel: Panel, noun: str = "rows") -> str:
    """How many rows of a panel are drawn, to stand after the label of its axis; empty where all are."""
    return f" ({MOST} of {len(panel.data)} {noun})" if len(panel.data) > MOST else ""


def height(panel: Panel) -> float:
    """Pixels that the rows of a panel need, axis included."""
    return len(drawn_rows(panel)) * ROW + 52


def draw_rows(
    axes: Axes, panel: Panel, label: str, words: Callable[[float], str], tick: Callable[[float], str], *, binary: bool = False
) -> None:
    """Draw one row for each cell of a panel, those without a number included.

    Args:
        axes: what to draw on.
        panel: its data have `value`, `low` and `high`.
        label: quantity and unit, for the axis.
        words: how a value is written beside its name.
        tick: how a value is written at the axis.
        binary: whether the axis counts in powers of two.
    """
    data = panel.data
    shown = [*data["value"], *data["low"], *data["high"], *panel.facts.get("rules", [])]
    members = drawn_rows(panel)
    style.log_axis(axes, "x", shown, label + of_all(panel), tick, binary=binary)
    axes.set_ylim(len(members), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for place, row in enumerate(members):
        _write_row(axes, place, row, words)
        if row["value"] > 0:
            look, line = panel.look(row), middle(place)
            drawing.whisker(axes, [row["low"], row["high"]], [line, line], look)
            drawing.point(axes, row["value"], line, look, state=state(row))


def head_row(axes: Axes, place: int, row: Row, words: Callable[[float], str]) -> None:
    """Write what a row is called, with its outcome and marks, and comes to: above marks that may stand anywhere on its line.

    Args:
        axes: of a row chart.
        place: of the row, from 0 at the top.
        row: has `value`.
        words: how the value is written.
    """
    note, said = remark(row), words(row["value"])
    write(axes, place, 0.0, short(row["label"] + (f" ({note})" if note else ""), 50 - len(said)), "left")
    write(axes, place, 1.0, said, "right", weight="bold")


def write(axes: Axes, place: int, at: float, words: str, side: Side, weight: str = "normal") -> None:
    """Words above the marks of a row, `at` being their share of the way across."""
    across = axes.get_yaxis_transform()
    axes.text(at, place + _TEXT, words, transform=across, fontsize=style.SMALL, ha=side, fontweight=weight)


def _write_row(axes: Axes, place: int, row: Row, words: Callable[[float], str]) -> None:
    said, note, across = words(row["value"]), remark(row), axes.get_yaxis_transform()
    beside = short(note, 24) if said == NOTHING and note else said
    write(axes, place, 0.0, short(row["label"], 50 - len(beside)), "left")
    write(axes, place, 1.0, beside, "right", weight="bold")
    if note and beside == said:
        low, high = axes.get_xlim()
        first, last = (row["value"] if not row[end] > 0 else row[end] for end in ("low", "high"))
        free_right = first * last < low * high
        side: Side = "right" if free_right else "left"
        axes.text(free_right, place + _LINE + 0.08, short(note, 28), transform=across, fontsize=style.SMALL, ha=side, zorder=4)
    axes.axhline(place + _LINE, color=style.GRID, linewidth=0.6, zorder=0.2)
