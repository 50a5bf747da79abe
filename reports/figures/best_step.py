"""Which step size is best along each kind of estimate, and is it the one that theory says?

One panel a problem against the number of tangents k; then one a number of tangents against the dimension n, for problems that
differ in n alone. Rings are the step sizes that were found best for all draws alike, with their intervals over the draws; lines
are closed forms at the same places, which exist on quadratics. Dashed: the best step along the exact gradient. Needs the metrics
`best_step`, `best_step_expected` and `best_step_z`; see `reports.gains`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import drawing, style
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
from reports.figures.sweeps import of_problem
from reports.frames import Results
from reports.gains import gains
from reports.looks import Look, looks
from reports.text import NOTHING, count, interval, listed, number, tick, whole
from reports.worth import ends

NAME = "best-step"
TITLE = "The best step"
QUESTION = "Which step size is best along each estimate, and is it that of its closed form?"
READING = (
    "Each ring is the step size that makes the mean loss after one step least, the line through it its interval over the draws. "
    "Lines are closed forms from the law of the tangents and the curvature of the problem, where that is a quadratic; they are "
    "not fitted. Dashed: the best step along the exact gradient. Where series agree, their markers lie one around the other. The "
    "first panels go by the number of tangents k, the others by the dimension n."
)

LEFT, TOP = 58, 26

LEAST = 3
"""Dimensions that make a course."""

MOST_OF_EACH = 4
"""Pictures against k at most, and as many against n."""

_COLUMNS = (
    *("estimator", "n", "k", "best step", "closed form", "z", "median of the draws' own", "along the exact gradient", "draws"),
    "outcome and marks",
)


def select(results: Results) -> Selection:
    """The cells of kind `step` of estimators that are not exact, by problem and by number of tangents."""
    every = [_pointed(row) for row in gains(results)]
    inexact = [row for row in every if row["name"].family != "exact"]
    shown = [row for row in inexact if 0 < row["value"] < math.inf]
    seen = looks(results.cells["name"])
    against_k = [_panel(title, members, "k", seen) for title, members in _grouped((row["panel"], row) for row in shown)]
    courses = _grouped((f"{row['family']}, k = {row['k']}", row) for row in shown if row["family"] and row["k"])
    against_n = [_panel(title, members, "x", seen) for title, members in courses if len({row["x"] for row in members}) >= LEAST]
    measured = [row for row in inexact if row["processes"]]
    left_out = [
        *unmeasured(results, "step"),
        *_said(len(every) - len(inexact), "cell of exact estimators", "cells of exact estimators"),
        *_said(len(measured) - len(shown), "cell in which no step lowers the loss", "cells in which no step lowers the loss"),
        *_said(len(against_k) - MOST_OF_EACH, "further problem (without a picture)", "further problems (without a picture)"),
        *_said(len(against_n) - MOST_OF_EACH, "further course (without a picture)", "further courses (without a picture)"),
    ]
    drawn = (*spread(against_k, MOST_OF_EACH), *spread(against_n, MOST_OF_EACH))
    scope = "95 % interval over the draws"
    return Selection((*against_k, *against_n), tuple(left_out), scope, legend=True, drawn=drawn)


def finding(selection: Selection) -> str:
    """How far the measured steps lie from their closed forms, in percent and in standard errors."""
    every = _distinct(selection)
    if not every:
        return NOT_MEASURED
    without = f"{count(len(every), 'best step was', 'best steps were')} measured; none has a closed form to compare with."
    return held(selection) or without


def held(selection: Selection) -> str:
    """The same of those that have closed forms and keep their contract; empty where none do."""
    compared = [row for row in _distinct(selection) if row["best_step_expected"] > 0 and row["outcome"] == "ok"]
    if not compared:
        return ""
    off = max(abs(row["value"] / row["best_step_expected"] - 1) for row in compared)
    lie = count(len(compared), "measured best step lies", "measured best steps lie")
    said = f"{lie} within {number(100 * off, 2)} % of the closed form"
    scored = [row for row in compared if math.isfinite(row["best_step_z"])]
    if not scored:
        return f"{said}."
    worst = max(scored, key=lambda row: abs(float(row["best_step_z"])))
    where = f"{worst['label']} on {worst['panel']}"
    return f"{said}; the largest deviation is {number(abs(worst['best_step_z']), 2)} standard errors ({where})."


def height(panel: Panel) -> float:
    """The same for every panel."""
    return 280


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem, or one number of tangents."""
    across: str = panel.facts["across"]
    ends_shown = ("value", "low", "high", "best_step_expected", "gradient_step")
    style.log_axis(axes, "y", [row[name] for row in panel.rows for name in ends_shown], "best step size", tick)
    places = [row[across] for row in panel.rows if row[across] > 0]
    style.doubling_axis(axes, places or [1], "tangents k" if across == "k" else "dimension n")
    _draw_gradient(axes, panel.rows, across)
    lines = _grouped((row["name"].series, row) for row in panel.rows if row[across] > 0)
    for place, (series, members) in enumerate(sorted(lines)):
        _draw_series(axes, members, across, panel.looks[series], place)
    drawing.levels(axes, [(row["value"], panel.look(row), row["label"]) for row in panel.rows if not row[across] > 0])


def describe(selection: Selection) -> str:
    """Panels, and the range of each."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [
        f"Scatter charts on logarithmic axes, {count(len(selection.pictures), 'panel')}; vertical lines are the "
        f"{selection.scope}, curves the closed forms."
    ]
    for panel in selection.pictures:
        values = [row["value"] for row in panel.rows]
        bare = sorted({row["name"].series for row in panel.rows if not row["best_step_expected"] > 0})
        without = f", without a closed form: {listed(bare)}" if bare else ""
        extent = f"from {number(min(values))} to {number(max(values))}, {count(len(values), 'point')}"
        parts.append(f"{panel.title}: best steps {extent}{without}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Best steps beside their closed forms, the draws' own and the exact gradient's, by problem."""
    groups = _grouped((row["panel"], row) for row in _distinct(selection))
    caption = f"The step size that is best for all draws alike, with its {selection.scope}, its closed form and the distance (z)"
    return Table(caption, _COLUMNS, tuple((title, tuple(map(_line, members))) for title, members in groups))


def _pointed(row: Row) -> dict[str, Any]:
    """The same row with what is drawn of it, and where."""
    place = of_problem(row, {"n": "dimension n"})
    return {
        **row,
        **dict(zip(("value", "low", "high"), (row[end] for end in ends("best_step")), strict=True)),
        "k": row["name"].k,
        "family": place.family if place else "",
        "x": place.x if place else 0.0,
    }


def _grouped(pairs: Iterable[tuple[str, Row]]) -> list[tuple[str, list[Row]]]:
    """The rows of each title, in the order in which titles first come."""
    found: dict[str, list[Row]] = {}
    for title, row in pairs:
        found.setdefault(title, []).append(row)
    return list(found.items())


def _panel(title: str, members: Sequence[Row], across: str, seen: Mapping[str, Look]) -> Panel:
    return Panel(title, pd.DataFrame([dict(row) for row in members]), seen, {"across": across})


def _draw_gradient(axes: Axes, members: Sequence[Row], across: str) -> None:
    """The best step along the exact gradient: a level where the problem is one."""
    levels = {row["x"]: row["gradient_step"] for row in members if row["gradient_step"] > 0}
    if across == "k" and levels:
        drawing.rule(axes, "y", next(iter(levels.values())))
    elif levels:
        drawing.reference(axes, sorted(levels.items()), style.MUTED, "--")


def _draw_series(axes: Axes, members: Sequence[Row], across: str, look: Look, place: int) -> None:
    """The rings of one series with their intervals, and its closed form."""
    law = sorted((row[across], row["best_step_expected"]) for row in members if row["best_step_expected"] > 0)
    drawing.curve(axes, [x for x, _ in law], [y for _, y in law], look)
    drawing.whiskers(axes, [(row[across], row["low"], row["high"]) for row in members], look)
    for wrong in (False, True):
        alike = [(row[across], row["value"]) for row in members if (row["outcome"] == "wrong") is wrong]
        if alike:
            drawing.rings(axes, alike, look, place, wrong=wrong)


def _distinct(selection: Selection) -> list[dict[str, Any]]:
    """The rows of the panels against k: those against n hold some of the same cells."""
    return [row for panel in selection.panels if panel.facts["across"] == "k" for row in panel.rows]


def _line(row: Row) -> tuple[str, ...]:
    z = row["best_step_z"]
    return (
        row["label"],
        whole(row["n"]),
        str(row["k"] or NOTHING),
        interval(row["value"], row["low"], row["high"]),
        number(row["best_step_expected"], 4),
        f"{z:+.2f}" if math.isfinite(z) else NOTHING,
        interval(*(row[end] for end in ends("draw_step"))),
        number(row["gradient_step"], 4),
        whole(row["best_step_count"]),
        became(row),
    )


def _said(quantity: int, noun: str, plural: str) -> list[str]:
    return [count(quantity, noun, plural)] if quantity > 0 else []
