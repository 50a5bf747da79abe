"""What NVML said while gradients were made: power, clock, memory and temperature of the GPU, read from another process."""

from collections.abc import Mapping
from statistics import median

from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.selection import Table
from reports.looks import INK, Look
from reports.profiling.drawn import Figure, plain, section
from reports.profiling.shown import Shown
from reports.sections import Section
from reports.text import count, listed, number

NAME = "timeline"
TITLE = "Timeline"
QUESTION = "What does the GPU do meanwhile?"
READING = (
    "Read by NVML twenty times a second in a process of its own. Shaded: gradients one after the other without a profiler; "
    "before them the profiler's pass. Power is the instantaneous one of the board, where it answers."
)

QUANTITIES: Mapping[str, tuple[str, str, float]] = {
    "power_mw": ("power", "W", 1e3),
    "sm_mhz": ("clock", "MHz", 1.0),
    "used_bytes": ("memory of the device", "GiB", 2.0**30),
    "process_bytes": ("memory of the process", "GiB", 2.0**30),
    "temperature_c": ("temperature", "°C", 1.0),
    "kernels_percent": ("share of time in kernels", "%", 1.0),
}
"""Column -> what it is, the unit it is shown in, and how many of the file's own make one."""

_CURVE = Look(INK, "o", "-")

Curve = list[tuple[float, float]]


def timeline(shown: Shown) -> Section | None:
    """The figure; None where nothing was read."""
    curves = {name: found for name in QUANTITIES if (found := curve(shown, name))}
    if not curves:
        return None
    return section(
        Figure(NAME, TITLE, QUESTION, READING),
        finding=finding(shown, curves),
        description=f"{count(len(curves), 'curve')} over time. {_summary(shown, curves)}",
        panels=[
            (f"{QUANTITIES[name][0].capitalize()}, {QUANTITIES[name][1]}", 200.0, 58.0, 26.0, _drawer(shown, name, points))
            for name, points in curves.items()
        ],
        table=_table(shown, curves),
    )


def curve(shown: Shown, name: str) -> Curve:
    """(seconds, value) wherever it was read."""
    per = QUANTITIES[name][2]
    return [(row["ns"] / 1e9, row[name] / per) for row in shown.timeline if row["ns"] is not None and row.get(name) is not None]  # type: ignore[operator]


def under_load(shown: Shown, points: Curve) -> list[float]:
    """The values during the stretch of gradients."""
    begin, end = (0.0, 0.0) if shown.profile.loaded_ns is None else (at / 1e9 for at in shown.profile.loaded_ns)
    return [value for second, value in points if begin <= second <= end]


def finding(shown: Shown, curves: Mapping[str, Curve]) -> str:
    """The medians under load."""
    said = []
    for name, points in curves.items():
        if values := under_load(shown, points):
            what, unit, _ = QUANTITIES[name]
            said.append(f"{what} {number(median(values))} {unit}")
    return f"While gradients are made, in the median: {listed(said)}." if said else "Nothing was read while gradients were made."


def _drawer(shown: Shown, name: str, points: Curve):  # type: ignore[no-untyped-def]
    def draw(axes: Axes) -> None:
        x, y = [second for second, _ in points], [value for _, value in points]
        style.linear_axis(axes, "x", x, "s", plain)
        style.linear_axis(axes, "y", [0.0, *y], QUANTITIES[name][1], plain)
        if shown.profile.loaded_ns is not None:
            drawing.band(axes, *(at / 1e9 for at in shown.profile.loaded_ns))
        drawing.curve(axes, x, y, _CURVE)

    return draw


def _summary(shown: Shown, curves: Mapping[str, Curve]) -> str:
    return finding(shown, curves)


def _table(shown: Shown, curves: Mapping[str, Curve]) -> Table:
    lines = []
    for name, points in curves.items():
        what, unit, _ = QUANTITIES[name]
        values = [value for _, value in points]
        loaded = under_load(shown, points)
        during = number(median(loaded)) if loaded else "–"
        lines.append((f"{what}, {unit}", str(len(values)), number(min(values)), during, number(max(values))))
    columns = ("read-out", "readings", "lowest", "median while gradients are made", "highest")
    return Table("What NVML said", columns, (("", tuple(lines)),))
