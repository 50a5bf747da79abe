"""What is held while one gradient is made: the allocator's steps, and who had allocated what was held when most was."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes

from benchmarks.records.profile import DUAL, PHASES, Step
from reports import drawing, style
from reports.figures.selection import Table
from reports.looks import INK, Look
from reports.profiling.drawn import Figure, percent, plain, section
from reports.profiling.shown import LABELS, Shown
from reports.sections import Section
from reports.text import NOTHING, count, duration, listed, size

NAME = "allocations"
TITLE = "Allocations"
QUESTION = "What is held while a gradient is made?"
READING = (
    "Across: time within the profiled gradient. Upwards: bytes that the allocator has handed out since it began and not got "
    "back; what was there before (parameters, batch, what the estimator keeps between calls) is no part of it. Every step of the "
    "allocator is in allocations.csv."
)

MOST = 400
"""Points of the curve, about: of more steps, the lowest and the highest of each stretch are drawn."""

_CURVE = Look(INK, "o", "-")


def allocations(shown: Shown) -> Section:
    """The figure; without pictures where no allocation was seen."""
    steps, profile = shown.steps, shown.profile
    drawn = [("Held beyond what was there before", 260.0, 58.0, 26.0, lambda axes: _draw(axes, steps))] if steps else []
    return section(
        Figure(NAME, TITLE, QUESTION, READING),
        finding=finding(shown),
        description=_describe(shown),
        panels=drawn,
        table=_table(shown) if profile.at_peak else Table("Nothing was held.", ("phase",), ()),
    )


def finding(shown: Shown) -> str:
    """The peak, whose most of it is, and the exact one of the same estimator measured without a profiler."""
    profile = shown.profile
    if profile.peak_bytes is None:
        return f"No allocations are known: {profile.missing.get('allocations', 'none was seen')}."
    owners = sorted(profile.at_peak.items(), key=lambda pair: -pair[1])
    whose = f", most of it allocated in {LABELS[owners[0][0]]} ({size(owners[0][1])})" if owners else ""
    exact = shown.memory.get("peak_bytes")
    beside = (
        f"; the exact peak without a profiler, what is kept between calls included, is {size(exact)}"
        if exact == exact and exact
        else ""
    )
    return f"One gradient holds up to {size(profile.peak_bytes)}{whose}{beside}."


def thinned(steps: Sequence[Step], most: int = MOST) -> list[tuple[int, int]]:
    """(time, held) of about so many steps: all, or of each of equally long runs the first, the lowest and the highest."""
    if len(steps) <= most:
        return [(step.ns, step.held) for step in steps]
    ends = [round(place * len(steps) / (most // 3)) for place in range(most // 3 + 1)]
    kept: set[int] = {len(steps) - 1}
    for start, end in pairwise(ends):
        within = range(start, end)
        held = {place: steps[place].held for place in within}
        kept |= {start, min(within, key=held.__getitem__), max(within, key=held.__getitem__)}
    return [(steps[place].ns, steps[place].held) for place in sorted(kept)]


def _draw(axes: Axes, steps: Sequence[Step]) -> None:
    points = thinned(steps)
    x, y = [0.0], [0.0]
    for ns, held in points:
        x += [ns / 1e6, ns / 1e6]
        y += [y[-1], held / _unit(steps)[0]]
    style.linear_axis(axes, "x", x, "ms since the gradient began", plain)
    style.linear_axis(axes, "y", y, f"{_unit(steps)[1]} held", plain)
    drawing.curve(axes, x, y, _CURVE)


def _unit(steps: Sequence[Step]) -> tuple[float, str]:
    highest = max((abs(step.held) for step in steps), default=0)
    units = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))
    return next((unit for unit in units if highest >= unit[0]), (1.0, "B"))


def _describe(shown: Shown) -> str:
    if not shown.steps:
        return finding(shown)
    top = max(shown.steps, key=lambda step: step.held)
    owners = listed([f"{LABELS[phase]} {size(held)}" for phase, held in shown.profile.at_peak.items()])
    return (
        f"A step curve of {count(len(shown.steps), 'step')} of the allocator over {duration(shown.steps[-1].ns)}. The highest, "
        f"{size(top.held)}, comes after {duration(top.ns)}: {owners}. At the end {size(shown.steps[-1].held)} are held."
    )


def _table(shown: Shown) -> Table:
    at_peak, peak = shown.profile.at_peak, shown.profile.peak_bytes or 0
    order = [phase for phase in (*PHASES, DUAL) if phase in at_peak]
    lines = [(LABELS[phase], size(at_peak[phase]), f"{at_peak[phase]:,}", _share(at_peak[phase], peak)) for phase in order]
    if earlier := peak - sum(at_peak.values()):
        lines.append(("given back from before", size(earlier), f"{earlier:,}", _share(earlier, peak)))
    lines.append(("together", size(peak), f"{peak:,}", _share(peak, peak)))
    return Table("What was held when most was", ("allocated in", "held", "bytes", "share"), (("", tuple(lines)),))


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else NOTHING
