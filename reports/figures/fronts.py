"""What the figures of trade-offs share: efficiency against a price, and the front of those that none surely beats.

One panel a problem: the price across, the efficiency η = ⟨E e, g⟩² / (‖g‖² E‖e‖²) upwards. One estimator beats another where it
is surely better in one respect and surely no worse in the other; surely means that the intervals do not overlap, so that one
without an interval beats nobody and is not beaten. Estimators that failed their contract are crossed out and never on the front.
Those that declare to remember earlier estimates are left out: at one point that does not move, where quality is measured, a
gradient that is reused is exact.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
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
    pictured,
    state,
    undrawn,
)
from reports.frames import Results, rows
from reports.looks import looks
from reports.text import count, interval, listed, tick
from reports.worth import ends, offers

LEFT, TOP = 50, 26

_ROUNDING = 1e-5  # relative: two exact gradients in single precision are equally efficient
_ETA = ends("efficiency")


@dataclass(frozen=True)
class Price:
    """What is paid.

    Attributes:
        metric: a column of `reports.worth.offers`.
        noun: for sentences, with its article.
        label: of the axis.
        words: how value and ends are written in the table.
        tick: how a value is written at the axis.
        binary: whether the axis counts in powers of two.
    """

    metric: str
    noun: str
    label: str
    words: Callable[[float, float, float], str]
    tick: Callable[[float], str]
    binary: bool = False


def select(results: Results, price: Price) -> Selection:
    """Estimators of which both price and efficiency are known, by problem."""
    every = offers(results)
    past = every["remembers"].astype(bool)
    remembering, data = every[past], every[~past]
    paid, gained = data[price.metric] > 0, data["efficiency"] > 0
    both, seen = data[paid & gained], looks(results.cells["name"])
    groups = [(str(title), group.reset_index(drop=True)) for title, group in both.groupby("panel", sort=False)]
    panels = tuple(Panel(title, group.assign(front=_front(group, price)), seen) for title, group in groups)
    single, series = int((paid ^ gained).sum()), remembering["estimator"].nunique()
    only = f"{price.noun} or only an efficiency"
    left_out = (
        *(
            [count(single, f"estimator with only {only} on a problem", f"estimators with only {only} on a problem")]
            if single
            else []
        ),
        *([f"{count(series, 'estimator')} whose quality is that of a series of estimates"] if series else []),
        *undrawn(panels),
    )
    return Selection(panels, left_out, results.scope, legend=True, drawn=pictured(panels))


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


def draw(axes: Axes, panel: Panel, price: Price) -> None:
    """Draw one problem."""
    style.log_axis(
        axes, "x", [row[end] for row in panel.rows for end in ends(price.metric)], price.label, price.tick, binary=price.binary
    )
    style.log_axis(axes, "y", [row[end] for row in panel.rows for end in _ETA], "efficiency η", tick)
    for series, path in panel.data.groupby("series", sort=True):
        path = path.sort_values("name")
        drawing.curve(axes, list(path[price.metric]), list(path["efficiency"]), panel.looks[str(series)], 0.7)
    front = sorted((row[price.metric], row["efficiency"], row["label"]) for row in panel.rows if row["front"])
    if front:
        drawing.steps(axes, [paid for paid, _, _ in front], list(pd.Series([eta for _, eta, _ in front]).cummax()))
    for row in panel.rows:
        at, eta = row[price.metric], row["efficiency"]
        if row["front"]:
            drawing.whisker(axes, [row[end] for end in ends(price.metric)[1:]], [eta, eta], panel.look(row))
            drawing.whisker(axes, [at, at], [row[end] for end in _ETA[1:]], panel.look(row))
        drawing.point(axes, at, eta, panel.look(row), state=state(row))
    drawing.labels(axes, front)


def describe(selection: Selection, price: Price) -> str:
    """The front of each panel, from the lowest price on."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Scatter charts on logarithmic axes, {count(len(selection.pictures), 'problem')}."]
    for panel in selection.pictures:
        front = sorted((row[price.metric], row["label"]) for row in panel.rows if row["front"])
        named = listed([label for _, label in front]) or "nobody"
        parts.append(f"{panel.title}: {count(len(panel.rows), 'estimator')}; on the front, from the lowest price on: {named}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection, price: Price, caption: str) -> Table:
    """Price, efficiency and whether on the front."""
    columns = ("estimator", price.label, "efficiency η", "on the front", "outcome and marks")
    groups = tuple((panel.title, tuple(_line(row, price) for row in panel.rows)) for panel in selection.panels)
    return Table(caption, columns, groups)


def _line(row: Row, price: Price) -> tuple[str, ...]:
    paid, eta = price.words(*(row[end] for end in ends(price.metric))), interval(*(row[end] for end in _ETA))
    return (row["label"], paid, eta, "yes" if row["front"] else "no", became(row))


def _front(group: pd.DataFrame, price: Price) -> list[bool]:
    """Whether no other estimator that keeps its contract surely beats it."""
    members = rows(group)
    sound = [row for row in members if row["outcome"] == "ok"]
    return [row["outcome"] == "ok" and not any(_beats(other, row, price) for other in sound) for row in members]


def _beats(one: dict[str, Any], other: dict[str, Any], price: Price) -> bool:
    """Whether the intervals say that `one` is better than `other` in one respect and no worse in the other."""
    _, low, high = ends(price.metric)
    least, most = one["efficiency_low"] * (1 + _ROUNDING), other["efficiency_high"]
    cheaper = one[high] < other[low] and least >= most
    finer = one["efficiency_low"] > most * (1 + _ROUNDING) and one[high] <= other[low]
    return bool(cheaper or finer)
