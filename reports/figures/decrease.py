"""By how much does one step lower the loss along each estimate, and what is that for its price?

Of the problem with pictures, one panel for the step itself, one for each price, one row an estimator: the expected decrease with
the best step size, over the decrease along the exact gradient with its own; then that over the cost of an estimate, as a multiple
of the same for backprop. Dashed: backprop; an upright stroke is the closed form, on quadratics. The line through a mark is the
interval over the draws; a price enters by its median, since the uncertainty of times is of another kind. A claim takes both
intervals at their worst. Needs the metrics of the kind `step`, and `ratio_to_backprop`; see `reports.gains`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, drawn_rows, height, middle
from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, left_out_sentence, unmeasured
from reports.frames import Results
from reports.gains import FORWARDS, SECONDS, gains
from reports.looks import looks
from reports.text import NOTHING, count, interval, listed, number, tick, whole
from reports.worth import bought, ends

NAME = "decrease"
TITLE = "What one step gains"
QUESTION = "By how much does one step of the best size lower the loss, and what is that for a forward pass and for a second?"
READING = (
    "The first panel is the expected decrease of the loss by one step along an estimate, with the step size that is best for all "
    "draws alike, over the decrease along the exact gradient with its own best size (dashed). The others divide it by what an "
    "estimate takes in forward passes and in seconds, as multiples of the same for backprop: beyond the dashed line an estimator "
    "makes more of its price. Upright strokes are closed forms, on quadratics. The line through a mark is the interval over the "
    "draws; a price enters by its median."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

ONE_STEP = "one step"

PRICES = {"per forward pass": FORWARDS, "per second": SECONDS}
"""What a panel is called -> the price over backprop's."""

_ENDS = ("value", "low", "high")

_COLUMNS = (
    *("estimator", "decrease over the loss", "over the exact gradient's", "closed form", "with each draw's own step"),
    *("forward passes of an estimate", *(f"{price}, over backprop's" for price in PRICES), "draws", "outcome and marks"),
)


def select(results: Results) -> Selection:
    """A panel for the step and one a price, for each problem; the one with most prices, then the largest, has pictures."""
    every = gains(results)
    kept = [row for row in every if not row["remembers"]]
    seen, panels = looks(results.cells["name"]), []
    for problem, members in _by_problem(kept).items():
        for price, metric in {ONE_STEP: None, **PRICES}.items():
            priced = [_priced(row, metric) for row in members]
            if any(map(_has_number, priced)):
                facts = {"problem": problem, "price": price, "rules": [1.0, *_laws(priced, price)], "n": max(map(_size, members))}
                panels.append(Panel(f"{price}: {problem}", pd.DataFrame(priced), seen, facts))
    shown, past = _headline(panels), len(every) - len(kept)
    further = len({panel.facts["problem"] for panel in panels}) - 1
    left_out = [
        *unmeasured(results, "step"),
        *([count(past, "cell of a series of estimates", "cells of series of estimates")] if past else []),
        *([f"{count(further, 'further problem')} (without a picture)"] if further > 0 else []),
    ]
    drawn = tuple(panel for panel in panels if panel.facts["problem"] == shown)
    return Selection(tuple(panels), tuple(left_out), "95 % interval over the draws", drawn=drawn)


def finding(selection: Selection) -> str:
    """Which estimate gains most by a step, and which surely more than backprop for a price, on the problem with pictures."""
    without = "No inexact estimate that keeps its contract lowers the loss." if selection.panels else NOT_MEASURED
    return found(selection) or without


def found(selection: Selection) -> str:
    """The sentence of `finding`, or nothing where no inexact estimate that keeps its contract lowers the loss."""
    said = [words for panel in selection.pictures if (words := _found(panel))]
    problem = selection.pictures[0].facts["problem"] if said else ""
    return f"On {problem}, compared with backprop, each with its best step size: {'; '.join(said)}." if said else ""


def draw(axes: Axes, panel: Panel) -> None:
    """Draw the step itself, or one price."""
    price: str = panel.facts["price"]
    label = "decrease over that along g" if price == ONE_STEP else f"decrease {price}, over backprop's"
    draw_rows(axes, panel, label, number, tick)
    drawing.rule(axes, "x", 1.0)
    if price == ONE_STEP:
        for place, row in enumerate(drawn_rows(panel)):
            if row["gain_expected"] > 0:
                drawing.stroke(axes, row["gain_expected"], middle(place))


def describe(selection: Selection) -> str:
    """Panels, rows, range by price."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Row charts on logarithmic axes, {count(len(selection.pictures), 'panel')}; the lines are the {selection.scope}."]
    for panel in selection.pictures:
        values = sorted((row["value"], row["label"]) for row in panel.rows if _has_number(row))
        (low, first), (high, last) = values[0], values[-1]
        extent = f"from {number(low)} ({first}) to {number(high)} ({last}) times backprop's"
        parts.append(f"{panel.title}: {extent}, {count(len(values), 'estimator')}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """The decrease by itself, over the exact gradient's, beside its closed form, and for each price; for every problem."""
    groups: dict[str, dict[str, dict[str, Row]]] = {}
    for panel in selection.panels:
        for row in panel.rows:
            groups.setdefault(panel.facts["problem"], {}).setdefault(row["label"], {})[panel.facts["price"]] = row
    lines = tuple((problem, tuple(_line(of) for of in estimators.values())) for problem, estimators in groups.items())
    return Table(
        f"Expected decrease of the loss by one step, with the {selection.scope}; prices enter by their median", _COLUMNS, lines
    )


def _by_problem(every: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in every:
        found.setdefault(row["panel"], []).append(row)
    return found


def _priced(row: Row, price: str | None) -> dict[str, Any]:
    """The same row with what it gains, over a price where there is one."""
    if price is None:
        return {
            **row,
            **dict(zip(_ENDS, (row[end] for end in ends("gain")), strict=True)),
            "least": row["gain_low"],
        }
    return {**row, **bought(row, price, "gain")}


def _laws(priced: Sequence[Row], price: str) -> list[float]:
    """What the axis of a panel must hold beside its values."""
    return [row["gain_expected"] for row in priced] if price == ONE_STEP else []


def _has_number(row: Row) -> bool:
    return bool(0 < row["value"] < math.inf)


def _size(row: Row) -> float:
    return float(row["n"]) if row["n"] > 0 else 0.0


def _headline(panels: Sequence[Panel]) -> str:
    """The problem whose panels are drawn."""
    prices: dict[str, list[Panel]] = {}
    for panel in panels:
        prices.setdefault(panel.facts["problem"], []).append(panel)
    return max(prices, key=lambda problem: (len(prices[problem]), prices[problem][0].facts["n"]), default="")


def _found(panel: Panel) -> str:
    """What a panel says of estimators that are not exact; empty where there are none."""
    sound = [row for row in panel.rows if row["outcome"] == "ok" and _has_number(row) and row["name"].family != "exact"]
    if not sound:
        return ""
    best, price = max(sound, key=lambda row: float(row["value"])), panel.facts["price"]
    if price == ONE_STEP:
        return f"one step gains most along {best['label']}, {number(best['value'])} of what it gains along the exact gradient"
    more = [row["label"] for row in sound if row["least"] > 1]
    if more:
        return f"{price} {listed(more, 4)} surely {'gains' if len(more) == 1 else 'gain'} more"
    return f"{price} none surely gains more (at best {number(best['value'])} times as much: {best['label']})"


def _line(of: Mapping[str, Row]) -> tuple[str, ...]:
    one: Mapping[str, Any] = next(iter(of.values()))
    return (
        one["label"],
        _spread(one, ends("relative_decrease")),
        _spread(one, ends("gain")),
        number(one["gain_expected"]),
        _spread(one, ends("own_gain")),
        number(one["estimate_forwards"]),
        *(_spread(of[price], _ENDS) if price in of else NOTHING for price in PRICES),
        whole(one["best_step_count"]),
        became(one),
    )


def _spread(row: Row, columns: Sequence[str]) -> str:
    value, low, high = (row[name] for name in columns)
    return interval(value, low, high, digits=3)
