"""The sentences and tables of a profile's page that no figure owns."""

import math
from collections.abc import Sequence

from benchmarks.records import METRICS
from benchmarks.records.profile import ALLOCATIONS, DUAL, FILE, PHASES, TIMELINE, TRACE, Called
from reports import names
from reports.figures.selection import Table
from reports.findings import Notice
from reports.profiling.drawn import percent
from reports.profiling.shown import FRAMEWORK, LABELS, Shown
from reports.text import NOTHING, count, duration, interval, number, short, size, visible

FIRST = 12
"""Operators or kernels that are listed at once; the others are folded away."""

_NAME = 96  # characters of an operator's or kernel's name
_LARGE = 1.5  # a profiled gradient that takes so many times as long is worth a warning

_FILES = {
    TRACE: "torch's trace in the Chrome format: opens in ui.perfetto.dev and in chrome://tracing",
    ALLOCATIONS: "every step of the allocator in one gradient",
    TIMELINE: "what NVML said, reading by reading",
    FILE: "what this page shows of the profile",
    "records.jsonl": "the run without a profiler: times, exact peak, counts",
    "run.json": "what was asked, where it was measured, and the ceilings",
}


def headline(shown: Shown) -> str:
    """What is profiled, and what takes most of its time."""
    cost = shown.cost
    what = f"{cost['label']} on {names.problem(cost['problem'])}"
    parts = shown.parts
    if not parts:
        return f"{what}: nothing took any time"
    phase = max(parts, key=lambda name: parts[name])
    whole = "the kernel time of a gradient" if shown.on_device else "a profiled gradient"
    return f"{what}: {percent(parts[phase])} of {whole} is {LABELS[phase]}"


def lead(shown: Shown) -> str:
    """What a gradient takes without a profiler, and what it takes with one."""
    cost, profile = shown.cost, shown.profile
    low, high = (duration(cost.get(f"time_{end}")) for end in ("low", "high"))
    within = f" [{low}, {high}]" if NOTHING not in (low, high) else ""
    multiple = interval(cost.get("multiple"), cost.get("multiple_low"), cost.get("multiple_high"))
    which = f"the shortest of {profile.gradients}" if profile.span_ns is None else f"the mean of {profile.gradients}"
    return (
        f"Without a profiler a gradient takes {duration(cost.get('time'))}{within} (median, {shown.results.scope}), {multiple} "
        f"times a base forward pass. Under the profiler, in another process, it takes {duration(_profiled(shown))} ({which}). "
        "Times below are profiled ones unless they say otherwise."
    )


def notices(shown: Shown) -> list[Notice]:
    """What limits the page: what is missing, and a profiler that costs too much to be overlooked."""
    found = []
    slower = _profiled(shown) / shown.cost["time"] if shown.cost.get("time", 0) > 0 else math.nan
    if slower > _LARGE:
        text = (
            f"A profiled gradient takes {number(slower)} times as long as one without a profiler, which costs most where "
            "operators are many and small: shares of large operators are to be trusted, and that of the framework less."
        )
        found.append(Notice(True, text))
    return [
        *found,
        *(Notice(False, f"Not here: {visible(what)}. {_sentence(why)}") for what, why in shown.profile.missing.items()),
    ]


def phase_words() -> list[tuple[str, str]]:
    """Every phase and what belongs to it."""
    further = {
        FRAMEWORK: "host time in which no operator runs",
        DUAL: "of memory and of single operators: while a loss and its tangents go through the same operators",
    }
    return [(LABELS[phase], said) for phase, said in {**PHASES, **further}.items()]


def operators(shown: Shown) -> tuple[Table, Table | None]:
    """The operators that take most of the host's time themselves, and the further ones."""
    return _tables("operator", shown, shown.profile.operators, shown.profile.wall_ns - shown.profile.between_ns)


def kernels(shown: Shown) -> tuple[Table, Table | None] | None:
    """The kernels that take most of the device's time, and the further ones; None on the CPU."""
    return _tables("kernel", shown, shown.profile.kernels, shown.scale) if shown.on_device else None


def how(shown: Shown) -> str:
    """How tangents are told from what they go along with, and how many launches there are."""
    profile, said = shown.profile, []
    if profile.evaluations and profile.evaluation_ns is not None:
        times = "once" if profile.evaluations == 1 else f"{profile.evaluations:,} times"
        said.append(
            f"A gradient evaluates the loss with tangents {times}; an evaluation without them takes "
            f"{duration(profile.evaluation_ns)} of the host, profiled beside, and that is what is called primal of each."
        )
    launches = [share.launches for share in profile.phases if share.launches is not None]
    if launches:
        said.append(f"A gradient launches {sum(launches):,.0f} kernels and copies.")
    called = sum(share.calls for share in profile.phases)
    said.append(f"A gradient calls {called:,.0f} operators, those that operators call included.")
    return " ".join(said)


def measured(shown: Shown) -> Table:
    """What was measured without a profiler, with what each number is."""
    lines = []
    for metric, about in METRICS.items():
        cell = shown.cost if about.kind == "cost" else shown.memory if about.kind == "memory" else {}
        value = cell.get(metric)
        if value is not None and math.isfinite(value):
            said = _said(about.unit, value, cell.get(f"{metric}_low"), cell.get(f"{metric}_high"))
            lines.append((metric.replace("_", " "), said, about.line))
    caption = f"One gradient without a profiler (in brackets the {shown.results.scope})"
    return Table(caption, ("number", "value", "what it is"), (("", tuple(lines)),), prose=True)


def files(present: Sequence[str]) -> Table:
    """The files of the folder, and what they are for."""
    lines = tuple((name, said) for name, said in _FILES.items() if name in present)
    return Table("Files of this folder", ("file", "what it holds"), (("", lines),), prose=True)


def _profiled(shown: Shown) -> float:
    return shown.profile.wall_ns if shown.profile.span_ns is None else shown.profile.span_ns


def _tables(noun: str, shown: Shown, called: Sequence[Called], total: float) -> tuple[Table, Table | None]:
    lines = [
        (
            short(one.name, _NAME),
            LABELS.get(one.phase, one.phase),
            f"{one.calls:,}",
            duration(one.ns),
            percent(one.ns / total) if total > 0 else NOTHING,
        )
        for one in called
    ]
    columns = (noun, "phase", "calls", "time", f"of the {noun}s' time")
    if not lines:
        return Table(f"No {noun} was seen.", columns, ()), None
    first = Table(
        f"{count(min(FIRST, len(lines)), noun)} by time, without what they call", columns, (("", tuple(lines[:FIRST])),)
    )
    if len(lines) <= FIRST:
        return first, None
    rest = total - sum(one.ns for one in called)
    more = f"; all others take {duration(rest)}" if rest > 0 else ""
    caption = f"{count(len(lines) - FIRST, f'further {noun}')}{more}"
    return first, Table(caption, columns, (("", tuple(lines[FIRST:])),))


def _said(unit: str, value: float, low: float | None, high: float | None) -> str:
    if unit == "ns":
        ends = [duration(end) for end in (low, high)]
        return duration(value) + (f" [{', '.join(ends)}]" if NOTHING not in ends else "")
    if unit == "B" or unit == "bytes":
        return f"{size(value)} ({value:,.0f} bytes)"
    said = interval(value, low, high).removesuffix(" (no interval)")
    return f"{value:,.0f}" if said == number(value, 4) and value == round(value) else said


def _sentence(text: str) -> str:
    said = visible(text)
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")
