"""What the figures of quality share: a metric against the number of tangents and the dimension, on its closed-form curve.

The curve is evaluated densely over the panel's measured range by `estimators.theory`, from the spec alone: no measured number
enters it. A series whose closed form is not known has points and no curve.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports import drawing, style
from reports.expectations import closed_form
from reports.figures.selection import (
    NOT_MEASURED,
    Panel,
    Row,
    Selection,
    Table,
    became,
    left_out_sentence,
    spread,
    unmeasured,
)
from reports.frames import Results, column
from reports.looks import Look, looks
from reports.text import NOTHING, count, interval, listed, number, tick, whole

MOST_OF_EACH = 4
"""Pictures against k at most, and as many against n."""

_DENSE = 97  # points of a curve; with k = 1 ... 64, sixteen an octave


def select(results: Results, metric: str, most: int = MOST_OF_EACH) -> Selection:
    """The cells of kind `quality` whose estimator has tangents (or is a user's), by dimension and by number of tangents.

    Args:
        results: of one or more runs.
        metric: a metric of quality.
        most: panels of either sort that are drawn.
    """
    cells = results.of("quality")
    data = cells.assign(value=column(cells, metric), low=column(cells, f"{metric}_low"), high=column(cells, f"{metric}_high"))
    data = data.assign(k=[name.k for name in data["name"]], exact=[name.family == "exact" for name in data["name"]])
    measured = data[data["value"].notna()]
    shown = measured[~measured["exact"] & (measured["value"] > 0) & measured["n"].notna()]
    against_k, against_n = (_panels(results, shown, metric, *by) for by in (("n", "k"), ("k", "n")))
    against_n = [panel for panel in against_n if panel.data["n"].nunique() > 1]
    left_out = [
        *unmeasured(results, "quality"),
        *_said(int(measured["exact"].sum()), "cell of exact estimators", "cells of exact estimators"),
        *_said(int((~measured["exact"]).sum()) - len(shown), "cell whose value is not positive or whose dimension is unknown"),
        *_in_table(len(against_k) - most, "further dimension"),
        *_in_table(len(against_n) - most, "further number of tangents", "further numbers of tangents"),
    ]
    drawn = (*spread(against_k, most), *spread(against_n, most))
    return Selection((*against_k, *against_n), tuple(left_out), "95 % interval over the draws", legend=True, drawn=drawn)


def draw(axes: Axes, panel: Panel, label: str) -> None:
    """Draw the points of a panel and the curves through them."""
    x_name = panel.facts["x"]
    rows = [row for row in panel.rows if row[x_name] > 0]
    values = [row[end] for row in panel.rows for end in ("value", "low", "high")]
    style.log_axis(axes, "y", [*values, *(y for _, _, ys in panel.facts["curves"] for y in ys)], label, tick)
    if x_name == "k":
        style.doubling_axis(axes, [row["k"] for row in rows] or [1], "tangents k")
    else:
        style.log_axis(axes, "x", [row["n"] for row in rows], "dimension n", tick)
    for series, xs, ys in panel.facts["curves"]:
        drawing.curve(axes, xs, ys, panel.looks[series])
    for place, series in enumerate(sorted({row["name"].series for row in rows})):
        _draw_points(axes, [row for row in rows if row["name"].series == series], x_name, panel.looks[series], place)
    without = [row for row in panel.rows if not row[x_name] > 0]
    drawing.levels(axes, [(row["value"], panel.look(row), row["label"]) for row in without])


def finding(selection: Selection, metric: str, noun: str) -> str:
    """How far the measured values lie from their closed forms, in standard errors and in percent."""
    rows = _distinct(selection)
    if not rows:
        return NOT_MEASURED
    compared = [row for row in rows if math.isfinite(row.get(f"{metric}_z", math.nan))]
    if not compared:
        known = sum(math.isfinite(row.get(f"{metric}_expected", math.nan)) for row in rows)
        without = "none has a closed form to compare with"
        if known:
            without = (
                f"{count(known, 'closed form is known', 'closed forms are known')}, without a score for want of draws or spread"
            )
        return f"{count(len(rows), f'mean {noun} was', f'mean {noun}s were')} measured; {without}."
    worst = max(compared, key=lambda row: abs(row[f"{metric}_z"]))
    share = max(abs(row["value"] / row[f"{metric}_expected"] - 1) for row in compared if row.get(f"{metric}_expected", 0) > 0)
    return (
        f"{count(len(compared), f'measured {noun} lies', f'measured {noun}s lie')} within {number(100 * share, 2)} % of the "
        f"closed form; the largest deviation is {number(abs(worst[f'{metric}_z']), 2)} standard errors "
        f"({worst['label']} on {worst['panel']})."
    )


def describe(selection: Selection, metric: str, noun: str) -> str:
    """Panels, series, range by panel."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [
        f"Scatter charts on logarithmic axes, {count(len(selection.pictures), 'panel')}; vertical lines are the "
        f"{selection.scope}, curves the closed forms."
    ]
    for panel in selection.pictures:
        values = [row["value"] for row in panel.rows]
        bare = sorted({row["name"].series for row in panel.rows} - {series for series, _, _ in panel.facts["curves"]})
        without = f", without a curve: {listed(bare)}" if bare else ""
        parts.append(
            f"{panel.title}: {noun} from {number(min(values))} to {number(max(values))}, {count(len(values), 'point')}{without}."
        )
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection, metric: str, noun: str) -> Table:
    """Measured values, closed forms and z, by problem."""
    columns = ("estimator", "n", "k", f"mean {noun}", "closed form", "z", "draws", "outcome and marks")
    groups: dict[str, list[tuple[str, ...]]] = {}
    for row in _distinct(selection):
        z = row.get(f"{metric}_z", math.nan)
        cells = (
            row["label"],
            f"{row['n']:,.0f}",
            str(row["k"] or NOTHING),
            interval(row["value"], row["low"], row["high"]),
            number(row.get(f"{metric}_expected"), 4),
            f"{z:+.2f}" if math.isfinite(z) else NOTHING,
            whole(row.get(f"{metric}_count")),
            became(row),
        )
        groups.setdefault(row["panel"], []).append(cells)
    caption = f"Mean {noun} with its {selection.scope}, the closed form and the distance from it in standard errors (z)"
    return Table(caption, columns, tuple((title, tuple(rows)) for title, rows in groups.items()))


def _draw_points(axes: Axes, members: Sequence[Row], x_name: str, look: Look, place: int) -> None:
    """The points of one series with their intervals."""
    drawing.whiskers(axes, [(row[x_name], row["low"], row["high"]) for row in members], look)
    for wrong in (False, True):
        alike = [(row[x_name], row["value"]) for row in members if (row["outcome"] == "wrong") is wrong]
        if alike:
            drawing.rings(axes, alike, look, place, wrong=wrong)


def _panels(results: Results, shown: pd.DataFrame, metric: str, by: str, against: str) -> list[Panel]:
    seen = looks(results.cells["name"])
    panels = []
    for value, group in shown.groupby(by, sort=True):
        curves = [
            (series, xs, ys)
            for series, points in group.groupby("series", sort=True)
            for xs, ys in [_curve(points.iloc[0], group[against], metric, against)]
            if len(xs)
        ]
        panels.append(
            Panel(_title(by, float(str(value)), group), group.reset_index(drop=True), seen, {"x": against, "curves": curves})
        )
    return panels


def _title(by: str, value: float, group: pd.DataFrame) -> str:
    if by == "n":
        return f"n = {value:,.0f}: {listed(list(dict.fromkeys(group['panel'])), 4)}"
    return f"k = {value:.0f}" if value else "without a number of tangents"


def _curve(row: "pd.Series[Any]", places: "pd.Series[Any]", metric: str, against: str) -> tuple[Sequence[float], Sequence[float]]:
    """A series' closed form over the range of all measured points of its panel; empty where it is not known throughout."""
    low, high = float(places[places > 0].min()), float(places.max())
    if not 1 <= low < high or not row[against] > 0:
        return [], []
    xs = np.geomspace(low, high, _DENSE)
    xs[0], xs[-1] = low, high
    fixed = float(row["n"] if against == "k" else row["k"])
    ys = [closed_form(row["estimator"], metric, *((fixed, x) if against == "k" else (x, fixed))) for x in map(float, xs)]
    return (xs.tolist(), ys) if np.isfinite(ys).all() else ([], [])


def _said(quantity: int, noun: str, plural: str = "") -> list[str]:
    return [count(quantity, noun, plural)] if quantity > 0 else []


def _in_table(quantity: int, noun: str, plural: str = "") -> list[str]:
    return [f"{said} (without a picture)" for said in _said(quantity, noun, plural)]


def _distinct(selection: Selection) -> list[dict[str, Any]]:
    """The rows of the panels against k: those against n hold the same cells."""
    return [row for panel in selection.panels if panel.facts["x"] == "k" for row in panel.rows]
