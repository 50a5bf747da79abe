"""What does the price of an estimator buy: which ones offer the best efficiency at their cost?

One panel a problem: the runtime multiple across, the efficiency η = ⟨E e, g⟩² / (‖g‖² E‖e‖²) upwards. The front joins the
estimators that none surely beats: another is cheaper and more efficient only if the intervals of both say so. Points of one
series are joined in the order of k. Needs the metrics `multiple` and `efficiency`; estimators that failed their contract are
crossed out and never on the front. Estimators that declare to remember earlier estimates are left out: at one point that does not
move, where quality is measured, a gradient that is reused is exact.
"""

from collections import Counter
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from benchmarks.records import EAGER
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
    state,
    undrawn,
)
from reports.frames import Results, column, rows
from reports.looks import looks
from reports.text import count, interval, listed, tick

NAME = "efficiency"
TITLE = "What the cost buys"
QUESTION = "Which estimators offer the best efficiency at their cost?"
READING = (
    "Across: time of one gradient over one base forward pass. Upwards: efficiency η = ⟨E e, g⟩² / (‖g‖² E‖e‖²), which is 1 for "
    "an exact gradient. Grey staircase: the front of estimators that none surely beats in both. Thin lines join the numbers of "
    "tangents k of one series."
)

LEFT, TOP = 50, 26


def select(results: Results) -> Selection:
    """Cells with both a cost and an efficiency, by problem; the efficiency of a compiled one is that of the eager one."""
    remembering = _remembering(results)
    cost, quality = (
        measured[~measured["estimator"].isin(remembering)]
        for measured in (_measured(results, "cost", _COST), _measured(results, "quality", _ETA))
    )
    quality = quality.loc[quality["execution"] == EAGER, ["estimator", "panel", "outcome", "marks", *_ETA]]
    both = cost.merge(quality, on=["estimator", "panel"], suffixes=("", "_quality"))
    marks = [ours | theirs for ours, theirs in zip(both["marks"], both["marks_quality"], strict=True)]
    outcome = both["outcome"].where(both["outcome"] != "ok", both["outcome_quality"])
    both = both.assign(marks=pd.Series(marks, dtype=object), outcome=outcome)
    seen = looks(results.cells["name"])
    groups = [(str(title), group.reset_index(drop=True)) for title, group in both.groupby("panel", sort=False)]
    panels = tuple(Panel(title, group.assign(front=_front(group)), seen) for title, group in groups)
    single = len(cost) + len(quality) - len(both) - len(both[["estimator", "panel"]].drop_duplicates())
    left_out = (count(single, "cell with only a cost or only an efficiency", "cells with only a cost or only an efficiency"),)
    series = (f"{count(len(remembering), 'estimator')} whose quality is that of a series of estimates",)
    left_out = (*(left_out if single else ()), *(series if remembering else ()), *undrawn(panels))
    return Selection(panels, left_out, results.scope, legend=True, drawn=spread(panels))


def finding(selection: Selection) -> str:
    """Which estimators are on the fronts, and of how many problems."""
    if not selection.panels:
        return NOT_MEASURED
    members = Counter(row["label"] for row in selection.rows if row["front"])
    if not members:
        return "No estimator that keeps its contract was measured, so there is no front."
    ranked = sorted(members.items(), key=lambda pair: (-pair[1], pair[0]))
    named = listed([f"{label} ({number})" for label, number in ranked], 5)
    return f"On the front, by the number of problems (of {len(selection.panels)}): {named}."


def height(panel: Panel) -> float:
    """The same for every panel."""
    return 300


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    style.log_axis(axes, "x", [row[end] for row in panel.rows for end in _COST], "multiple of the base forward pass", tick)
    style.log_axis(axes, "y", [row[end] for row in panel.rows for end in _ETA], "efficiency η", tick)
    for series, path in panel.data.groupby("series", sort=True):
        path = path.sort_values("name")
        drawing.curve(axes, list(path["multiple"]), list(path["efficiency"]), panel.looks[str(series)], 0.7)
    front = sorted((row["multiple"], row["efficiency"], row["label"]) for row in panel.rows if row["front"])
    if front:
        drawing.steps(axes, [cost for cost, _, _ in front], list(pd.Series([eta for _, eta, _ in front]).cummax()))
    for row in panel.rows:
        if row["front"]:
            drawing.whisker(axes, [row["multiple_low"], row["multiple_high"]], [row["efficiency"]] * 2, panel.look(row))
            drawing.whisker(axes, [row["multiple"]] * 2, [row["efficiency_low"], row["efficiency_high"]], panel.look(row))
        drawing.point(axes, row["multiple"], row["efficiency"], panel.look(row), state=state(row))
    drawing.labels(axes, front)


def describe(selection: Selection) -> str:
    """The front of each panel, from the cheapest on."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Scatter charts on logarithmic axes, {count(len(selection.pictures), 'problem')}."]
    for panel in selection.pictures:
        front = sorted((row["multiple"], row["label"]) for row in panel.rows if row["front"])
        named = listed([label for _, label in front]) or "nobody"
        parts.append(f"{panel.title}: {count(len(panel.rows), 'estimator')}; on the front, from the cheapest on: {named}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Cost, efficiency and whether on the front."""
    columns = ("estimator", "multiple of the base", "efficiency η", "on the front", "outcome and marks")
    groups = tuple((panel.title, tuple(_line(row) for row in panel.rows)) for panel in selection.panels)
    return Table(f"Efficiency (95 % interval over the draws) and cost ({selection.scope})", columns, groups)


_ROUNDING = 1e-5  # relative: two exact gradients in single precision are equally efficient
_COST = ("multiple", "multiple_low", "multiple_high")
_ETA = ("efficiency", "efficiency_low", "efficiency_high")


def _line(row: Row) -> tuple[str, ...]:
    cost, eta = interval(*(row[end] for end in _COST)), interval(*(row[end] for end in _ETA))
    return (row["label"], cost, eta, "yes" if row["front"] else "no", became(row))


def _remembering(results: Results) -> set[str]:
    """Estimators whose estimates depend on those before them."""
    return {row["estimator"] for row in rows(results.of("quality")) if (row["facts"].get("declared") or {}).get("remembers")}


def _measured(results: Results, kind: str, ends: tuple[str, str, str]) -> pd.DataFrame:
    """Cells with a positive value, with its ends; an interval that is not known has no width."""
    cells, metric = results.of(kind), ends[0]
    value = column(cells, metric)
    low, high = (column(cells, f"{metric}_{end}").fillna(value) for end in ("low", "high"))
    shown = cells[["estimator", "execution", "name", "series", "label", "panel", "outcome", "marks", "processes"]]
    return shown.assign(**dict(zip(ends, (value, low.clip(upper=value), high.clip(lower=value)), strict=True)))[value > 0]


def _front(group: pd.DataFrame) -> list[bool]:
    """Whether no other estimator that keeps its contract is surely cheaper and at least as efficient."""
    members = rows(group)
    sound = [row for row in members if row["outcome"] == "ok"]
    return [row["outcome"] == "ok" and not any(_beats(other, row) for other in sound) for row in members]


def _beats(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the intervals say that `one` is better than `other` in one respect and no worse in the other."""
    least, most = one["efficiency_low"] * (1 + _ROUNDING), other["efficiency_high"]
    cheaper = one["multiple_high"] < other["multiple_low"] and least >= most
    finer = one["efficiency_low"] > most * (1 + _ROUNDING) and one["multiple_high"] <= other["multiple_low"]
    return bool(cheaper or finer)
