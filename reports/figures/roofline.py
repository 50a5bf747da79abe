"""How close do estimates come to what the device can do at all: operations a second against operations a byte?

One panel a problem, one marker an estimator, on the same axes: across, floating-point operations for each byte that operators
move; upwards, operations a second. The roof is measured in the same run, on the same device: the slope is the fastest copy of any
size, the ceiling the fastest matrix product. Bytes are counted as `benchmarks.harness.traffic` says, which is at most what moves,
so that no marker belongs above the roof: one that is there shows an error of counting. Needs the metrics `flops`,
`operator_bytes`, `time` and those of the base, and for the roof `ceilings` in the run's header.
"""

import pandas as pd
from matplotlib.axes import Axes

from benchmarks.records import EAGER
from benchmarks.records.ceilings import Ceilings
from reports import drawing, roofs, style
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
    unmeasured,
)
from reports.frames import Results
from reports.looks import Look, looks
from reports.text import NOTHING, count, interval, listed, number, rate, size, tick

NAME = "roofline"
TITLE = "Roofline"
QUESTION = "How close do estimates come to what the device can do: operations a second against operations a byte?"
READING = (
    "Across: floating-point operations (matrix products, convolutions, attention) for each byte that operators read and write. "
    "Upwards: such operations a second; the upright line is the interval of the time. Grey roof: what this device was seen to do "
    "at best in the same run, the slope the fastest copy of any size, the level the fastest matrix product; dashed, the copy of "
    "the largest array, which small caches do not hold. The cross is the base forward pass. Bytes are a lower bound, each "
    "operand and result of an operator once, so nothing belongs above the roof: what is there was counted wrongly, as where a "
    "convolution by a shortcut takes fewer operations than are counted."
)

LEFT, TOP = 58, 26

_BASE = Look(style.MUTED, "+", "-")


def select(results: Results) -> Selection:
    """The eager cells of kind `cost` of which operations and bytes were counted, by problem, on axes that all panels share."""
    cells = results.of("cost")
    found = [roofs.roof_of(results, context) for context in cells["context"]]
    data = cells.assign(**roofs.points(cells, ""), ceilings=pd.Series(found, index=cells.index, dtype=object))
    shown = data[(data["y"] > 0) & (data["x"] > 0) & (data["execution"] == EAGER)]
    seen = looks(results.cells["name"])
    groups = [(str(title), group.reset_index(drop=True)) for title, group in shown.groupby("panel", sort=False)]
    bases = {title: roofs.base_point(group) for title, group in groups}
    known = [roof for roof in shown["ceilings"] if roof is not None]
    ridges = (roof.product[1] / roof.copy[1] for roof in known)
    xs = [*shown["x"], *(base["x"] for base in bases.values() if base), *ridges]
    ys = [*shown["y"], *(base["y"] for base in bases.values() if base), *(_giga(roof.product[1]) for roof in known)]
    panels = tuple(
        Panel(title, group, seen, {"base": bases[title], "roof": group["ceilings"].iloc[0], "xs": xs, "ys": ys})
        for title, group in groups
    )
    left_out = (*unmeasured(results, "cost"), *_uncounted(data), *undrawn(panels))
    return Selection(panels, left_out, results.scope, legend=True, drawn=pictured(panels))


def finding(selection: Selection) -> str:
    """How much of the roof is reached, which ceiling is nearer, and whether anything lies above."""
    rows = [row for row in selection.rows if row["outcome"] != "wrong"]
    if not rows:
        return NOT_MEASURED
    under = [row for row in rows if row["ceilings"] is not None]
    low, high = (pick(rows, key=lambda row: float(row["y"])) for pick in (min, max))
    if not under:
        return (
            f"Gradients run at {_speed(low)} ({low['label']} on {low['panel']}) to {_speed(high)} ({high['label']} on "
            f"{high['panel']}); no ceilings were measured to compare with."
        )
    least, most = (pick(under, key=roofs.share) for pick in (min, max))
    sloped = sum(roofs.is_copying(row) for row in under)
    sentence = (
        f"Gradients reach from {_percent(least)} ({least['label']} on {least['panel']}) to {_percent(most)} ({most['label']} on "
        f"{most['panel']}) of the roof, the most that the device was seen to do with so many operations a byte; copying is the "
        f"nearer limit for {sloped} of {len(under)}"
    )
    above = [f"{row['label']} on {row['panel']}" for row in under if roofs.is_above(row)]
    if not above:
        return f"{sentence}."
    return f"{sentence}. Above the roof, which is an error of counting: {listed(above)}."


def height(panel: Panel) -> float:
    """The same for every panel."""
    return 300


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem below its roof."""
    style.log_axis(axes, "x", panel.facts["xs"], "FLOP a byte", tick)
    style.log_axis(axes, "y", panel.facts["ys"], "GFLOP/s", tick)
    roof: Ceilings | None = panel.facts["roof"]
    if roof is not None:
        draw_roof(axes, roof, roof.copy[1], "-")
        draw_roof(axes, roof, roof.largest_copy[1], "--")
    for row in panel.rows:
        look = panel.look(row)
        drawing.whisker(axes, [row["x"]] * 2, [row["low"], row["high"]], look)
        drawing.point(axes, row["x"], row["y"], look, state=state(row))
    if base := panel.facts["base"]:
        drawing.point(axes, base["x"], base["y"], _BASE, size=11)
        drawing.labels(axes, [(base["x"], base["y"], "base")])


def describe(selection: Selection) -> str:
    """The roofs, and by problem the range, the base and who comes nearest."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [
        f"Scatter charts on logarithmic axes that all panels share, {count(len(selection.pictures), 'problem')}; the lines are "
        f"the {selection.scope}, of the time. {_roofs(selection)}"
    ]
    for panel in selection.pictures:
        slow, fast = (pick(panel.rows, key=lambda row: float(row["y"])) for pick in (min, max))
        base = panel.facts["base"]
        beside = f"; the base at {_speed(base)} and {number(base['x'])} FLOP a byte" if base else ""
        parts.append(
            f"{panel.title}: from {_speed(slow)} ({slow['label']}) to {_speed(fast)} ({fast['label']}), "
            f"{count(len(panel.rows), 'estimator')}{beside}."
        )
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Operations, bytes, what follows from them, and the share of the roof."""
    columns = (
        *("estimator", "operations", "bytes moved", "FLOP a byte", "GFLOP/s", "of the roof", "nearer limit"),
        "outcome and marks",
    )
    groups = tuple((panel.title, tuple(map(_line, panel.rows))) for panel in selection.panels)
    caption = f"Operations a second (with the {selection.scope}) and operations a byte. {_roofs(selection)}"
    return Table(caption, columns, groups)


def _uncounted(data: pd.DataFrame) -> list[str]:
    """Cells with a time and without a place, by the reason."""
    timed = data[data["time"].notna()] if "time" in data else data[:0]
    compiled = timed["execution"] != EAGER
    without = ~compiled & ~((timed["x"] > 0) & (timed["y"] > 0))
    said = {
        "compiled cell, whose operators are fused": compiled.sum(),
        "cell of which no operations or no bytes were counted": without.sum(),
    }
    plural = {words: words.replace("cell", "cells", 1) for words in said}
    return [count(int(quantity), words, plural[words]) for words, quantity in said.items() if quantity]


def draw_roof(axes: Axes, roof: Ceilings, bandwidth: float, dashes: str) -> None:
    """Draw the slope of a bandwidth up to the ceiling, and the ceiling on from there; limits must be set."""
    (low, high), ceiling = axes.get_xlim(), roof.product[1]
    ridge = min(max(ceiling / bandwidth, low), high)
    corners = [(low, low), (ridge, ridge), (high, high)]
    drawing.reference(axes, [(x, _giga(min(ceiling, at * bandwidth))) for x, at in corners], style.MUTED, dashes)


def _roofs(selection: Selection) -> str:
    """The distinct roofs of all panels, in words."""
    found: dict[Ceilings, None] = {panel.facts["roof"]: None for panel in selection.panels if panel.facts["roof"] is not None}
    if not found:
        return "No ceilings were measured."
    words: list[str] = []
    for roof in found:
        place = f" ({roof.device}, {roof.dtype}, {count(roof.threads, 'thread')})" if len(found) > 1 else ""
        words.append(f"Roof{place}: {listed([f'{what} {speed}' for what, speed in roofs.in_words(roof).items()])}.")
    return " ".join(words)


def _line(row: Row) -> tuple[str, ...]:
    roofed = row["ceilings"] is not None
    return (
        row["label"],
        f"{row['flops']:,.0f}",
        size(row["operator_bytes"]),
        number(row["x"], 4),
        interval(row["y"], row["low"], row["high"]),
        _percent(row) if roofed else NOTHING,
        ("copying" if roofs.is_copying(row) else "multiplying") if roofed else NOTHING,
        became(row),
    )


def _speed(row: Row) -> str:
    return rate(1e9 * row["y"], "FLOP/s")


def _percent(row: Row) -> str:
    return f"{number(100 * roofs.share(row), 2)} %"


def _giga(value: float) -> float:
    return value / 1e9
