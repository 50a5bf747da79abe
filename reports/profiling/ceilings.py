"""How close do the phases of a gradient come to what the device can do: operations a second against operations a byte."""

import math
from dataclasses import dataclass

from matplotlib.axes import Axes

from reports import drawing, names, roofs, style
from reports.figures.roofline import draw_roof
from reports.figures.selection import Table
from reports.looks import INK, Look
from reports.profiling.drawn import Figure, Picture, percent, section
from reports.profiling.shown import LABELS, LOOKS, Shown
from reports.sections import Section
from reports.text import NOTHING, listed, number, rate, tick

NAME = "ceilings"
TITLE = "Ceilings"
QUESTION = "How close does it come to what this device can do?"
READING = (
    "Across: floating-point operations (matrix products, convolutions, attention) for each byte that operators read and write. "
    "Upwards: such operations a second. Grey roof: what this device was seen to do at best in the same run, the slope the "
    "fastest copy of any size, the level the fastest matrix product; dashed, the copy of the largest array. Phases stand where "
    "their profiled operators are; the whole gradient and the base forward pass are timed without a profiler. What does no such "
    "operations has no place here: the table compares its bytes a second with the fastest copy. Bytes are counted, each operand "
    "and result of an operator once, which is at most what moves."
)

_WHOLE, _BASE = Look(INK, "o", "-"), Look(style.MUTED, "+", "-")
_LEAST = 0.001  # of a gradient's time: what takes less is not drawn


@dataclass(frozen=True)
class Point:
    """Something that does operations and moves bytes.

    Attributes:
        label: what it is.
        look: how it is drawn.
        flops: operations, 0 or more.
        moved: bytes.
        ns: in which it does both.
    """

    label: str
    look: Look
    flops: float
    moved: float
    ns: float

    @property
    def x(self) -> float:
        """Operations a byte; NaN where it moves none."""
        return self.flops / self.moved if self.moved else math.nan

    @property
    def y(self) -> float:
        """10⁹ operations a second; NaN where it takes no time."""
        return self.flops / self.ns if self.ns else math.nan

    @property
    def drawn(self) -> bool:
        """Whether it has a place on logarithmic axes."""
        return self.x > 0 and self.y > 0


def points(shown: Shown) -> list[Point]:
    """The whole gradient, the base, and every phase that was counted and takes a thousandth of the time or more."""
    cost = shown.cost
    found = [
        Point("whole gradient", _WHOLE, cost.get("flops", math.nan), cost.get("operator_bytes", math.nan), cost["time"]),
        Point("base", _BASE, cost.get("base_flops", math.nan), cost.get("base_operator_bytes", math.nan), cost["base_time"]),
    ]
    for share in shown.profile.phases:
        if share.flops is not None and share.moved_bytes is not None and shown.part_of(share) >= _LEAST:
            found.append(Point(LABELS[share.phase], LOOKS[share.phase], share.flops, share.moved_bytes, share.busy_ns))
    return found


def ceilings(shown: Shown) -> Section:
    """The figure; without a picture where nothing does any such operations."""
    found = points(shown)
    drawn = [point for point in found if point.drawn]
    picture: Picture = (names.problem(shown.cost["problem"]), 320.0, 58.0, 26.0, lambda axes: _draw(axes, shown, drawn))
    return section(
        Figure(NAME, TITLE, QUESTION, READING),
        finding=finding(shown),
        description=_describe(shown, drawn),
        panels=[picture] if drawn else [],
        table=_table(shown, found),
    )


def finding(shown: Shown) -> str:
    """How much of the roof above it the whole gradient reaches."""
    whole, roof = points(shown)[0], shown.roof
    if roof is None:
        return "No ceilings were measured to compare with."
    if not whole.drawn:
        speed = rate(1e9 * whole.moved / whole.ns, "B/s") if whole.moved > 0 else ""
        at = f", and moves {speed}, {percent(1e9 * whole.moved / whole.ns / roof.copy[1])} of the fastest copy" if speed else ""
        return f"The gradient has no matrix product, convolution or attention{at}."
    limit = "copying" if roof.roof(whole.x) < roof.product[1] else "multiplying"
    reached = percent(1e9 * whole.y / roof.roof(whole.x))
    return (
        f"The gradient runs at {rate(1e9 * whole.y, 'FLOP/s')}, {reached} of the most that this device was seen to do with "
        f"{number(whole.x)} operations a byte; {limit} is the nearer limit."
    )


def _draw(axes: Axes, shown: Shown, drawn: list[Point]) -> None:
    roof = shown.roof
    ridge = [] if roof is None else [roof.product[1] / roof.copy[1]]
    level = [] if roof is None else [roof.product[1] / 1e9]
    style.log_axis(axes, "x", [*(point.x for point in drawn), *ridge], "FLOP a byte", tick)
    style.log_axis(axes, "y", [*(point.y for point in drawn), *level], "GFLOP/s", tick)
    if roof is not None:
        draw_roof(axes, roof, roof.copy[1], "-")
        draw_roof(axes, roof, roof.largest_copy[1], "--")
    for point in drawn:
        drawing.point(axes, point.x, point.y, point.look, size=11 if point.look is _BASE else 7)
    drawing.labels(axes, sorted((point.x, point.y, point.label) for point in drawn))


def _describe(shown: Shown, drawn: list[Point]) -> str:
    roof = shown.roof
    said = listed([f"{point.label} {rate(1e9 * point.y, 'FLOP/s')} at {number(point.x)} FLOP a byte" for point in drawn], limit=9)
    above = "" if roof is None else f" Roof: {listed([f'{what} {speed}' for what, speed in roofs.in_words(roof).items()])}."
    return (f"A scatter chart on logarithmic axes: {said}." if said else "No picture: there is nothing to place.") + above


def _table(shown: Shown, found: list[Point]) -> Table:
    roof = shown.roof
    lines = []
    for point in found:
        speed = 1e9 * point.moved / point.ns if point.ns > 0 else math.nan
        lines.append(
            (
                point.label,
                number(point.x) if point.drawn else NOTHING,
                rate(1e9 * point.y, "FLOP/s") if point.drawn else NOTHING,
                percent(1e9 * point.y / roof.roof(point.x)) if point.drawn and roof is not None else NOTHING,
                rate(speed, "B/s") if speed > 0 else NOTHING,
                percent(speed / roof.copy[1]) if speed > 0 and roof is not None else NOTHING,
            )
        )
    columns = ("part", "FLOP a byte", "operations a second", "of the roof", "bytes a second", "of the fastest copy")
    return Table("Operations and bytes a second, beside what the device was seen to do", columns, (("", tuple(lines)),))
