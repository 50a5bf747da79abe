"""How much memory does a gradient take on a GPU, by each of the ways in which it can be counted?

Several panels for one problem, one for each kind, on the same scale, one row an estimator: the exact peak of tensor bytes, what
CUDA's caching allocator handed out, what it reserved, and what the driver counts for the process and for the whole device; each
beyond what there was before `init`. Dashed: one base forward pass, where that was counted too. The exact peak compares
estimators, the others say what must fit. Needs any of the metrics in `KINDS` beside `peak_bytes`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, height
from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, left_out_sentence
from reports.frames import Results, column
from reports.looks import looks
from reports.text import count, listed, number, size, size_tick

NAME = "memory-kinds"
TITLE = "Kinds of memory"
QUESTION = "How much memory does a gradient take on a GPU, by each way of counting?"
READING = (
    "One panel for each way of counting, all on the same scale, one row an estimator; each is the increase over the state "
    "before the estimator prepares anything. Tensor bytes are what was asked for, exactly; the allocator hands out whole blocks, "
    "and reserves more than it hands out; the driver also counts the context and libraries of the process, and on the device all "
    "that runs there. Dashed: one base forward pass. Compare estimators by the first, and what must fit by the others."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

_EXACT = "peak_bytes"
KINDS = {
    _EXACT: "tensor bytes",
    "allocated_peak_bytes": "allocated by CUDA",
    "reserved_peak_bytes": "reserved by CUDA",
    "nvml_process_bytes": "of the process, by NVML",
    "nvml_device_bytes": "of the device, by NVML",
}
"""Metric -> how it is called."""


def select(results: Results) -> Selection:
    """The problem with most kinds, of these the largest, has pictures. Nothing where only the exact peak is known."""
    cells, seen = results.of("memory"), looks(results.cells["name"])
    panels: list[Panel] = []
    for title, group in cells.groupby("panel", sort=False):
        known = [metric for metric in KINDS if (column(group, metric) >= 0).any()]
        if not set(known) - {_EXACT}:
            continue
        data = group.reset_index(drop=True)
        shown = [value for name in known for which in (name, f"base_{name}") for value in column(data, which) if value > 0]
        facts = {"problem": str(title), "rules": shown, "n": float(data["n"].fillna(0).max())}
        for metric in known:
            values = column(data, metric)
            with_value = data.assign(value=values, low=math.nan, high=math.nan)
            panels.append(Panel(f"{title}: {KINDS[metric]}", with_value, seen, {**facts, "metric": metric}))
    problems = _problems(panels)
    headline = max(problems, key=lambda title: (len(problems[title]), problems[title][0].facts["n"]), default="")
    further = len(problems) - 1
    others = (f"{count(further, 'further problem')} (without a picture)",) if further > 0 else ()
    drawn = tuple(problems.get(headline, ()))
    return Selection(tuple(panels), (*others, *_unanswered(drawn)), "no interval: counted once", drawn=drawn)


def finding(selection: Selection) -> str:
    """How far each kind lies above the exact peak on the problem that is drawn."""
    if not selection.panels:
        return NOT_MEASURED
    values = {panel.facts["metric"]: {row["label"]: row["value"] for row in _sound(panel)} for panel in selection.pictures}
    exact = {label: value for label, value in values.pop(_EXACT, {}).items() if value > 0}
    said = []
    for metric, of in values.items():
        ratios = sorted(of[label] / value for label, value in exact.items() if label in of)
        if ratios:
            low, high = number(ratios[0]), number(ratios[-1])
            said.append(f"{KINDS[metric]} {low if low == high else f'{low} to {high}'} times")
    on = f"On {selection.pictures[0].facts['problem']}"
    if not any(_sound(panel) for panel in selection.pictures):
        return NOT_MEASURED
    if not said:
        counted = listed([KINDS[panel.facts["metric"]] for panel in selection.pictures])
        return f"{on}, memory was counted as {counted}, and no exact peak above zero is there to hold it against."
    return f"{on}, over the exact peak of tensor bytes: {listed(said)}."


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one kind."""
    draw_rows(axes, panel, f"bytes: {KINDS[panel.facts['metric']]}", size, size_tick, binary=True)
    base = column(panel.data, f"base_{panel.facts['metric']}")
    for value in base[base > 0][:1]:
        drawing.rule(axes, "x", value)


def describe(selection: Selection) -> str:
    """Panels, and the range of each kind."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Row charts on one logarithmic scale, {count(len(selection.pictures), 'way', 'ways')} of counting."]
    for panel in selection.pictures:
        values = sorted((row["value"], row["label"]) for row in panel.rows if row["value"] >= 0)
        (low, first), (high, last) = values[0], values[-1]
        parts.append(f"{panel.title}: from {size(low)} ({first}) to {size(high)} ({last}), {count(len(values), 'estimator')}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Every kind, and its multiple of the base forward pass where that was counted."""
    shown = [metric for metric in KINDS if any(panel.facts["metric"] == metric for panel in selection.panels)]
    columns = ("estimator", *(head for metric in shown for head in (KINDS[metric], "over the base")), "outcome and marks")
    groups = []
    for problem, panels in _problems(selection.panels).items():
        rows = zip(*(panel.rows for panel in panels), strict=True)
        groups.append((problem, tuple(_line(of[0], shown) for of in rows)))
    caption = "Memory of a gradient by each way of counting, beyond what there was before the estimator prepared anything"
    return Table(caption, columns, tuple(groups))


def _line(row: Row, shown: Sequence[str]) -> tuple[str, ...]:
    cells = []
    for metric in shown:
        value, base = (_number(row.get(name)) for name in (metric, f"base_{metric}"))
        cells += [size(value), number(value / base if base > 0 else math.nan)]
    return (row["label"], *cells, became(row))


def _problems(panels: Sequence[Panel]) -> dict[str, list[Panel]]:
    found: dict[str, list[Panel]] = {}
    for panel in panels:
        found.setdefault(panel.facts["problem"], []).append(panel)
    return found


def _sound(panel: Panel) -> list[dict[str, Any]]:
    return [row for row in panel.rows if row["value"] >= 0 and row["outcome"] != "wrong"]


def _unanswered(panels: Sequence[Panel]) -> list[str]:
    """The kinds that did not answer on the problem that is drawn, with the reasons that records give."""
    known = {panel.facts["metric"] for panel in panels}
    facts: list[Mapping[str, Any]] = [row["facts"] for panel in panels[:1] for row in panel.rows]
    said = []
    for metric in KINDS:
        if panels and metric not in known:
            reasons = dict.fromkeys(str(of["missing"][metric]) for of in facts if metric in (of.get("missing") or {}))
            said.append(f"memory {KINDS[metric]} ({'; '.join(reasons) or 'not recorded'})")
    return said


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
