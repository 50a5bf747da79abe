"""How much efficiency does a price buy, compared with what it buys with backprop?

One panel a price, on one problem, one row an estimator: the mark is η over what the estimate costs, as a multiple of the same for
backprop, whose η is 1. Dashed: backprop. The line through a mark is the interval of η over the draws; the price enters by its
median, since the uncertainty of times is of another kind. A claim takes both intervals at their worst. Needs the metrics
`efficiency`, `ratio_to_backprop`, `flop_multiple`, `peak_bytes` and, where energy was measured, `energy` and `energy_net`; see
`reports.worth`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, height
from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, is_eager, left_out_sentence
from reports.frames import Results, rows
from reports.looks import looks
from reports.text import NOTHING, count, interval, listed, number, tick
from reports.worth import bought, ends, offers

NAME = "value"
TITLE = "Efficiency for its price"
QUESTION = "How much efficiency does a second, an operation, a byte or a joule buy, compared with backprop?"
READING = (
    "One panel a price, one row an estimator: efficiency η over the price, as a multiple of the same for backprop (dashed), "
    "whose η is 1. Beyond the dashed line an estimator is worth its price. With steps of the best length, progress goes with η. "
    "The line through a mark is the interval of η over the draws; the price enters by its median."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

PRICES = {
    "per second": "ratio_to_backprop",
    "per floating-point operation": "flops_to_backprop",
    "per byte of peak memory": "peak_to_backprop",
    "per joule": "energy_to_backprop",
    "per joule net of idle": "net_to_backprop",
}
"""What a panel is called -> the price over backprop's."""

_OF_ENERGIES = ("energy_to_backprop", "net_to_backprop")

_ABSOLUTE = {
    "η per base forward pass": ("multiple", 1.0),
    "η per second": ("time", 1e-9),
    "η per MiB of peak": ("peak_bytes", 2.0**-20),
}
_OF_ENERGY = {"η per joule": ("energy", 1.0), "η per joule net of idle": ("energy_net", 1.0)}


def select(results: Results) -> Selection:
    """A panel a price for each problem with backprop on it; the one with most prices, then the largest, has pictures."""
    data = offers(results)
    data = data[~data["remembers"].astype(bool)]
    seen, panels = looks(results.cells["name"]), []
    for title, group in data.groupby("panel", sort=False):
        for price, metric in PRICES.items():
            priced = _priced(group, metric)
            if priced["value"].notna().any():
                facts = {"problem": str(title), "price": price, "rules": [1.0], "n": float(group["n"].fillna(0).max())}
                panels.append(Panel(f"{price}: {title}", priced, seen, facts))
    shown = _headline(panels)
    further = len({panel.facts["problem"] for panel in panels}) - 1
    left_out = (f"{count(further, 'further problem')} (without a picture)",) if further > 0 else ()
    drawn = tuple(panel for panel in panels if panel.facts["problem"] == shown)
    return Selection(tuple(panels), left_out, "95 % interval of η over the draws", drawn=drawn)


def finding(selection: Selection) -> str:
    """Which estimators surely buy more than backprop, by price, on the problem that has pictures."""
    if not selection.panels:
        return NOT_MEASURED
    said, none = [], []
    for panel in selection.pictures:
        sound = [row for row in panel.rows if row["outcome"] == "ok" and row["value"] > 0 and not is_eager(row, "backprop")]
        more = [row["label"] for row in sound if row["least"] > 1]
        if more:
            said.append(f"{panel.facts['price']} {listed(more, 4)} surely {'buys' if len(more) == 1 else 'buy'} more efficiency")
        elif sound:
            best = max(sound, key=lambda row: float(row["value"]))
            none.append(f"{panel.facts['price']} (at best {number(best['value'])} times as much: {best['label']})")
    if not said and not none:
        return NOT_MEASURED
    without = [f"no other surely buys more {listed(none)}"] if none else []
    return f"On {selection.pictures[0].facts['problem']}, compared with backprop: {'; '.join([*said, *without])}."


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one price."""
    draw_rows(axes, panel, f"η {panel.facts['price']}, over backprop's", number, tick)
    drawing.rule(axes, "x", 1.0)


def describe(selection: Selection) -> str:
    """Panels, rows, range by price."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Row charts on logarithmic axes, {count(len(selection.pictures), 'price')}; the lines are the {selection.scope}."]
    for panel in selection.pictures:
        values = sorted((row["value"], row["label"]) for row in panel.rows if row["value"] > 0)
        if values:
            (low, first), (high, last) = values[0], values[-1]
            extent = f"from {number(low)} ({first}) to {number(high)} ({last}) times backprop's"
            parts.append(f"{panel.title}: {extent}, {count(len(values), 'estimator')}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Efficiency over each price, by itself and over backprop's, for every problem."""
    known = {panel.facts["price"] for panel in selection.panels}
    energy = any(row[metric] > 0 for row in selection.rows for metric, _ in _OF_ENERGY.values())
    prices = [price for price, metric in PRICES.items() if metric not in _OF_ENERGIES or price in known]
    absolute = {**_ABSOLUTE, **(_OF_ENERGY if energy else {})}
    columns = ("estimator", "η", *absolute, *(f"{price}, over backprop's" for price in prices), "outcome and marks")
    groups: dict[str, dict[str, dict[str, Row]]] = {}
    for panel in selection.panels:
        for row in panel.rows:
            groups.setdefault(panel.facts["problem"], {}).setdefault(row["label"], {})[panel.facts["price"]] = row
    lines = tuple(
        (problem, tuple(_line(of, absolute.values(), prices) for of in estimators.values()))
        for problem, estimators in groups.items()
    )
    return Table(f"Efficiency η over its prices, with the {selection.scope}; prices enter by their median", columns, lines)


def _priced(group: pd.DataFrame, price: str) -> pd.DataFrame:
    """The same rows with what the price buys."""
    found = pd.DataFrame([bought(row, price) for row in rows(group)])
    return pd.concat([group.reset_index(drop=True), found], axis=1)


def _headline(panels: list[Panel]) -> str:
    """The problem whose panels are drawn."""
    prices: dict[str, list[Panel]] = {}
    for panel in panels:
        prices.setdefault(panel.facts["problem"], []).append(panel)
    return max(prices, key=lambda problem: (len(prices[problem]), prices[problem][0].facts["n"]), default="")


def _line(of: Mapping[str, Row], absolute: Iterable[tuple[str, float]], prices: Iterable[str]) -> tuple[str, ...]:
    one: Mapping[str, Any] = next(iter(of.values()))
    eta = [one[end] for end in ends("efficiency")]
    by_itself = (_spread([end / one[metric] / unit for end in eta]) if one[metric] > 0 else NOTHING for metric, unit in absolute)
    relative = (_spread([of[price][end] for end in ("value", "low", "high")]) if price in of else NOTHING for price in prices)
    return (one["label"], _spread(eta), *by_itself, *relative, became(one))


def _spread(ends: Sequence[float]) -> str:
    value, low, high = ends
    return interval(value, low, high, digits=3)
