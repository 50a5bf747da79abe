"""From results to the pictures of trainings: which groups, along which axes, and how one is drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.rows import drawn_rows, of_all
from reports.figures.selection import Panel, Row, Selection, unmeasured
from reports.figures.training.groups import Group, groups_of, headline, is_search
from reports.frames import Results
from reports.looks import looks
from reports.targets import Curve
from reports.text import count, tick

LEFT, TOP = 58, 26
"""Pixels of a panel; see `reports.figures`."""

AXES = {"step": "steps", "forwards": "forward equivalents", "seconds": "seconds"}
"""Column of a curve -> what the axis is called."""

_ABOVE = 3.0  # times the first loss: what lies higher is off the picture
_THIN, _THICK = 0.5, 1.8


def height(panel: Panel) -> float:
    """Pixels, the same for every panel."""
    return 290


def select(results: Results) -> Selection:
    """All groups; the headline is seen at once along every axis, the others along their steps are folded."""
    groups = groups_of(results)
    shown = [group for group in groups if any(row["curves"] for row in group.members) and not is_search(group)]
    tried = sum(len(group.members) for group in groups if is_search(group))
    searches = (
        (count(tried, "training of a search for learning rates", "trainings of a search for learning rates"),) if tried else ()
    )
    seen = looks((row["name"] for group in shown for row in group.members), "text")
    first = headline(shown)
    panels = [
        Panel(f"{group.title}: {AXES[axis]}", _data(group), seen, {"group": group, "axis": axis}, "text")
        for group in shown
        for axis in (AXES if _alike(group, first) else ("step",))
    ]
    at_once, folded = ([panel for panel in panels if _alike(panel.facts["group"], first) is here] for here in (True, False))
    others = count(len({(panel.facts["group"].panel, panel.facts["group"].rule) for panel in folded}), "other pair")
    fold = f"The same for {others} of problem and rule" if folded else ""
    return Selection(
        tuple(panels), (*unmeasured(results, "training"), *searches), results.scope, True, tuple(at_once), tuple(folded), fold
    )


def draw(axes: Axes, panel: Panel) -> None:
    """Draw the trainings of one group along one axis."""
    group: Group = panel.facts["group"]
    axis: str = panel.facts["axis"]
    members = drawn_rows(panel)
    curves = [curve for row in members for curve in row["curves"].values()]
    style.linear_axis(axes, "x", _finite(curves, axis), f"{AXES[axis]}{of_all(panel, 'methods')}", _plain)
    losses = _shown(curves)
    if min(losses, default=1.0) >= 0:
        style.log_axis(axes, "y", losses, "validation loss", tick)
    else:
        style.linear_axis(axes, "y", losses, "validation loss", _plain)
    if group.target is not None:
        drawing.rule(axes, "y", group.target)
    for row in members:
        _draw_method(axes, panel, row, axis)


def _draw_method(axes: Axes, panel: Panel, row: Row, axis: str) -> None:
    look, curves = panel.look(row), list(row["curves"].values())
    top = axes.get_ylim()[1]
    for curve in curves:
        x, y = np.asarray(curve[axis], dtype=float), np.asarray(curve["loss"], dtype=float)
        kept = np.isfinite(x) & np.isfinite(y)
        drawing.curve(axes, list(x[kept]), list(np.minimum(y[kept], 10 * top)), look, _THIN)
    if "diverged" in row["marks"]:
        ends = [(x, y) for x, y in (_last_seen(curve, axis, top) for curve in curves) if x is not None]
        drawing.points(axes, ends, look, state="wrong", size=3)
    middle = median_curve(curves, axis)
    drawing.curve(axes, [x for x, _ in middle], [min(y, 10 * top) for _, y in middle], look, _THICK)
    places = middle[:: max(1, len(middle) // 5)]
    drawing.points(axes, [(x, y) for x, y in places if y <= top], look, size=4)


def median_curve(curves: Sequence[Curve], axis: str) -> list[tuple[float, float]]:
    """The median over seeds at each validation that every one of them reached with a number.

    Args:
        curves: validated after the same steps, as far as they go.
        axis: the column that runs along the picture.
    """
    length = min((len(curve["loss"]) for curve in curves), default=0)
    xs, ys = (np.array([np.asarray(curve[name], dtype=float)[:length] for curve in curves]) for name in (axis, "loss"))
    if not length:
        return []
    whole = np.isfinite(xs).all(axis=0) & np.isfinite(ys).all(axis=0)
    return [(float(x), float(y)) for x, y in zip(np.median(xs, axis=0)[whole], np.median(ys, axis=0)[whole], strict=True)]


def _plain(value: float) -> str:
    return f"{value:,.6g}"


def _alike(group: Group, other: Group | None) -> bool:
    """Whether two groups are the same trainings but for the learning rate."""
    return other is not None and (group.panel, group.rule, group.steps) == (other.panel, other.rule, other.steps)


def _data(group: Group) -> pd.DataFrame:
    return pd.DataFrame([dict(row) for row in group.members if row["curves"]])


def _finite(curves: Sequence[Curve], name: str) -> list[float]:
    values = np.concatenate([np.asarray(curve[name], dtype=float) for curve in curves]) if curves else np.empty(0)
    return [float(value) for value in values[np.isfinite(values)]]


def _shown(curves: Sequence[Curve]) -> list[float]:
    """The losses that the picture must hold: all but those far above where trainings begin."""
    first = [float(curve["loss"][0]) for curve in curves if np.isfinite(curve["loss"][0])]
    top = max((abs(value) for value in first), default=1.0) * _ABOVE
    return [value for value in _finite(curves, "loss") if value <= top]


def _last_seen(curve: Mapping[str, Any], axis: str, top: float) -> tuple[float | None, float]:
    """Where a training that diverged leaves the picture."""
    x, y = np.asarray(curve[axis], dtype=float), np.asarray(curve["loss"], dtype=float)
    kept = np.flatnonzero(np.isfinite(x) & (y <= top))
    return (float(x[kept[-1]]), float(y[kept[-1]])) if len(kept) else (None, 0.0)
