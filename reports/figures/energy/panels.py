"""From results to the pictures of energies: which problems in which reckoning, and how one is drawn."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, drawn_rows, height, middle
from reports.figures.selection import Panel, Selection, is_eager, pictured, undrawn
from reports.frames import Results, column
from reports.joules import NET, TOTAL, joule_tick, joules, reckoned, unavailable
from reports.looks import looks
from reports.text import count

__all__ = ["LEFT", "RECKONINGS", "TOP", "draw", "height", "problems_of", "reference", "select"]

RECKONINGS = {TOTAL: "in all", NET: "net of idle"}
"""Metric -> how it is called."""

_BELOW = 0.16  # of a row: from the mark to the line of the error bound


def select(results: Results) -> Selection:
    """The cells of kind `energy`, by problem and reckoning; where energy was asked for and is not there, why."""
    cells, seen = results.of("energy"), looks(results.cells["name"])
    panels = []
    for title, group in cells.groupby("panel", sort=False):
        for metric, said in RECKONINGS.items():
            data = reckoned(group.reset_index(drop=True), metric)
            if data["value"].notna().any():
                panels.append(Panel(f"{title}: {said}", data, seen, {"problem": str(title), "metric": metric}))
    none = int((column(cells, NET) <= 0).sum())
    below = f"{count(none, 'energy', 'energies')} net of idle that {'is' if none == 1 else 'are'} not above zero (in the table)"
    left_out = (*unavailable(cells), *([below] if none else []), *undrawn(panels))
    several = "lowest and highest of the processes; where there is only one, the 95 % interval over its windows"
    scope = "95 % interval over windows" if (cells["processes"] <= 1).all() else several
    return Selection(tuple(panels), left_out, scope, drawn=pictured(panels), asked=not cells.empty)


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem in one reckoning."""
    metric, base = panel.facts["metric"], _base(panel)
    bounds = [row["value"] + sign * row["bound"] for row in panel.rows for sign in (-1, 1)]
    with_rules = Panel(panel.title, panel.data, panel.looks, {"rules": [value for value in (*bounds, base) if value > 0]})
    draw_rows(axes, with_rules, f"energy of a gradient, {RECKONINGS[metric]}", joules, joule_tick)
    for place, row in enumerate(drawn_rows(panel)):
        if row["value"] > 0 and row["bound"] > 0:
            drawing.bounds(axes, row["value"] - row["bound"], row["value"] + row["bound"], middle(place) + _BELOW)
    if base > 0:
        drawing.rule(axes, "x", base)
    if (backprop := reference(panel)) is not None:
        drawing.rule(axes, "x", backprop, ":")


def problems_of(panels: Sequence[Panel]) -> dict[str, dict[str, Panel]]:
    """Problem -> reckoning -> its panel."""
    found: dict[str, dict[str, Panel]] = {}
    for panel in panels:
        found.setdefault(panel.facts["problem"], {})[panel.facts["metric"]] = panel
    return found


def reference(panel: Panel) -> float | None:
    """What backprop takes, where it has a row."""
    return next((float(row["value"]) for row in panel.rows if is_eager(row, "backprop") and row["value"] > 0), None)


def _base(panel: Panel) -> float:
    """What the base forward pass takes; 0 where that is not known."""
    values = (row.get(f"base_{panel.facts['metric']}", math.nan) for row in panel.rows)
    return next((float(value) for value in values if value is not None and value > 0), 0.0)
