"""What does one gradient cost, as a multiple of the base forward pass?

One panel a problem, one row an estimator: the mark is the runtime multiple, the line through it its interval. The dashed line is
the base forward pass itself, the dotted one backprop on the same problem. Needs the metrics `multiple` and `ratio_to_backprop`.
"""

from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes

from reports import drawing
from reports.figures.rows import LEFT, TOP, draw_rows, height
from reports.figures.selection import (
    NOT_MEASURED,
    Panel,
    Selection,
    Table,
    became,
    by_problem,
    is_eager,
    left_out_sentence,
    pictured,
    undrawn,
    unmeasured,
)
from reports.frames import Results
from reports.text import count, duration, interval, number, tick, whole

NAME = "multiples"
TITLE = "Cost"
QUESTION = "What does one gradient cost, as a multiple of the base forward pass?"
READING = (
    "One panel a problem, one row an estimator. The mark is the time of one gradient over the time of one base forward pass "
    "(the loss alone, without gradient); the line through it is its interval. Dashed: the base itself. Dotted: backprop."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP"]
__all__ += ["describe", "draw", "finding", "height", "parts", "select", "table"]

_EAGER = "ratio_to_eager"
_RATIOS = {
    "ratio_to_backprop": "over backprop",
    "ratio_to_checkpointed_backprop": "over checkpointed backprop",
    _EAGER: "over itself, eager",
}


def select(results: Results) -> Selection:
    """The cells of kind `cost`, by problem."""
    panels = by_problem(results, "cost", "multiple")
    return Selection(panels, (*unmeasured(results, "cost"), *undrawn(panels)), results.scope, drawn=pictured(panels))


def finding(selection: Selection) -> str:
    """The range of the multiples, and where backprop stands in it."""
    rows = [row for row in selection.rows if row["value"] > 0 and row["outcome"] != "wrong"]
    if not rows:
        return NOT_MEASURED
    low, high = (pick(rows, key=lambda row: float(row["value"])) for pick in (min, max))
    if len(rows) == 1:
        return f"{low['label']} costs {number(low['value'])} base forward passes on {low['panel']}."
    exact = [row["value"] for row in rows if is_eager(row, "backprop")]
    backprop = f"; backprop costs {_range(exact)}" if exact else ""
    return (
        f"One gradient costs between {number(low['value'])} ({low['label']} on {low['panel']}) and {number(high['value'])} "
        f"({high['label']} on {high['panel']}) base forward passes{backprop}."
    )


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    backprop = [row["value"] for row in panel.rows if is_eager(row, "backprop") and row["value"] > 0]
    with_rules = Panel(panel.title, panel.data, panel.looks, {"rules": [1.0]})
    draw_rows(axes, with_rules, "multiple of the base forward pass", number, tick)
    drawing.rule(axes, "x", 1.0)
    for value in backprop:
        drawing.rule(axes, "x", value, ":")


def describe(selection: Selection) -> str:
    """Panels, rows, range by problem."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    parts = [f"Row charts on logarithmic axes, {count(len(selection.pictures), 'problem')}; the lines are the {selection.scope}."]
    for panel in selection.pictures:
        values = sorted((row["value"], row["label"]) for row in panel.rows if row["value"] > 0)
        (low, first), (high, last) = values[0], values[-1]
        parts.append(
            f"{panel.title}: from {number(low)} ({first}) to {number(high)} ({last}), {count(len(values), 'estimator')}."
        )
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Multiples, ratios, time of a gradient, forward calls and FLOP; where anything is compiled also its ratio to eager."""
    ratios = {name: said for name, said in _RATIOS.items() if name != _EAGER or any(_EAGER in row for row in selection.rows)}
    columns = (
        *("estimator", "multiple of the base", *ratios.values(), "time of a gradient"),
        *("forward calls", "FLOP multiple", "outcome and marks"),
    )
    groups = tuple((panel.title, tuple(_line(row, ratios) for row in panel.rows)) for panel in selection.panels)
    return Table(f"Multiples of the base forward pass, with the {selection.scope}", columns, groups)


def parts(selection: Selection) -> Table | None:
    """Time of preparation and of the first call."""
    if not selection.panels:
        return None
    columns = ("estimator", "preparation", "first call", "outcome and marks")
    groups = tuple((panel.title, tuple(_parts_line(row) for row in panel.rows)) for panel in selection.panels)
    return Table("Time of the preparation and of the first call, once each", columns, groups)


def _line(row: dict[str, Any], ratios: Iterable[str]) -> tuple[str, ...]:
    return (
        row["label"],
        *(_spread(row, name) for name in ("multiple", *ratios)),
        duration(row.get("time")),
        whole(row.get("forward_calls")),
        number(row.get("flop_multiple")),
        became(row),
    )


def _parts_line(row: dict[str, Any]) -> tuple[str, ...]:
    times = (duration(row.get(name)) for name in ("prepare_time", "first_call_time"))
    return (row["label"], *times, became(row))


def _spread(row: dict[str, Any], name: str) -> str:
    return interval(row.get(name), row.get(f"{name}_low"), row.get(f"{name}_high"))


def _range(values: list[float]) -> str:
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} to {high}"
