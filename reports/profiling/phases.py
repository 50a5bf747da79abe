"""Where does the time go: bars for the phases of a profiled gradient, for what is between operators, and for the longest ones."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from benchmarks.records.profile import Called
from reports import drawing, style
from reports.figures.rows import LEFT, ROW, TOP, middle, write
from reports.figures.selection import Table
from reports.looks import Look
from reports.profiling.drawn import Figure, Picture, percent, plain, section
from reports.profiling.shown import FRAMEWORK, LABELS, LOOKS, Shown
from reports.sections import Section
from reports.text import NOTHING, duration, listed, number, rate, short, size

NAME = "phases"
TITLE = "Phases"
QUESTION = "Where does the time of a gradient go?"
READING = (
    "One bar a phase of the profiled gradient: the time that its operators take themselves. Framework is host time in which no "
    "operator runs: Python, the dispatch of operators, the engine that follows a tape, and what the profiler itself costs. The "
    "bars of the host add up to the gradient. Where tangents go through the same operators as the loss, the primal is what "
    "evaluations of the loss alone take, profiled beside; the rest is the tangents'. The longest operators or kernels are "
    "coloured by their phase, without what they call."
)

LONGEST = 8
"""Operators or kernels that have a bar."""


class Bar(NamedTuple):
    """One bar."""

    label: str
    ns: float
    look: Look


def phases(shown: Shown) -> Section:
    """The figure, with a panel for the device where there is one."""
    profile = shown.profile
    host = [*((share.phase, share.operators_ns) for share in profile.phases), (FRAMEWORK, profile.between_ns)]
    device = [(share.phase, share.device_ns or 0.0) for share in profile.phases]
    panels = {"On the host": _of_phases(host)}
    if shown.on_device:
        panels = {"On the device": _of_phases(device), **panels, "Longest kernels": _of_called(profile.kernels)}
    else:
        panels["Longest operators"] = _of_called(profile.operators)
    wholes = {"On the host": profile.wall_ns, "Longest operators": profile.wall_ns}
    return section(
        Figure(NAME, TITLE, QUESTION, READING),
        finding=finding(shown),
        description=" ".join(f"{title}: {_said(bars)}." for title, bars in panels.items()),
        panels=[_picture(title, bars, wholes.get(title, shown.scale)) for title, bars in panels.items() if bars],
        table=_table(shown),
    )


def finding(shown: Shown) -> str:
    """The largest parts, and on a GPU how long it idles."""
    parts = sorted(shown.parts.items(), key=lambda pair: -pair[1])
    largest = listed([f"{percent(part)} {LABELS[phase]}" for phase, part in parts if part >= 0.005][:3])
    where = "kernel time" if shown.on_device else "profiled gradient"
    idle = shown.profile.idle_share
    waits = "" if idle is None else f"; nothing runs on the device for {percent(idle)} of the time"
    return f"Of the {where}: {largest or 'nothing that takes time'}{waits}."


def _of_phases(spent: Sequence[tuple[str, float]]) -> list[Bar]:
    return [Bar(LABELS[phase], ns, LOOKS[phase]) for phase, ns in spent]


def _of_called(called: Sequence[Called]) -> list[Bar]:
    return [Bar(short(one.name.removeprefix("aten::"), 28), one.ns, LOOKS[one.phase]) for one in called[:LONGEST]]


def _picture(title: str, bars: Sequence[Bar], whole: float) -> Picture:
    return title, len(bars) * ROW + 52, LEFT, TOP, lambda axes: _draw(axes, bars, whole)


def _draw(axes: Axes, bars: Sequence[Bar], whole: float) -> None:
    style.linear_axis(axes, "x", [0.0, max(bar.ns for bar in bars) / 1e6], "ms a gradient", plain)
    axes.set_xlim(left=0)
    axes.set_ylim(len(bars), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for place, bar in enumerate(bars):
        write(axes, place, 0.0, bar.label, "left")
        write(
            axes, place, 1.0, f"{duration(bar.ns)} · {percent(bar.ns / whole) if whole > 0 else NOTHING}", "right", weight="bold"
        )
        drawing.bar(axes, middle(place), 0.0, bar.ns / 1e6, bar.look)


def _said(bars: Sequence[Bar]) -> str:
    return listed([f"{bar.label} {duration(bar.ns)}" for bar in bars], limit=len(bars)) or "nothing"


def _table(shown: Shown) -> Table:
    device = shown.on_device
    columns = (
        "phase",
        *(("on the device", "launches") if device else ()),
        *("in operators", "between operators", "operators", "FLOP", "FLOP/s", "bytes moved", "bytes/s"),
    )
    lines = []
    for share in shown.profile.phases:
        seconds = share.busy_ns / 1e9
        lines.append(
            (
                LABELS[share.phase],
                *((duration(share.device_ns), number(share.launches)) if device else ()),
                *(duration(share.operators_ns), duration(share.between_ns), number(share.calls)),
                *(_whole(share.flops), _speed(share.flops, seconds, "FLOP/s")),
                *(size(share.moved_bytes), _speed(share.moved_bytes, seconds, "B/s")),
            )
        )
    caption = (
        f"One gradient by phase, the shortest of {shown.profile.gradients} profiled ones; operations and bytes counted in "
        "another one. Operators are counted with those that they call."
    )
    return Table(caption, columns, (("", tuple(lines)),))


def _speed(done: float | None, seconds: float, unit: str) -> str:
    return rate(done / seconds, unit) if done and seconds > 0 else NOTHING


def _whole(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"
