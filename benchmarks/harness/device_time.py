"""What the wall clock cannot say of work on a GPU: how long it was on the device's stream, and how long the device really worked.

    time on the stream = between two CUDA events around the work, gaps between kernels included
    busy time          = the union of kernels, copies and fills in one profiled call
    launch-bound share = 1 - busy time / time by the synchronised wall clock: in it the device waits for the processor

Events and profile have a pass of their own, after the rounds of the wall clock and with their inner counts. Caches of the device
are warm throughout: nothing is flushed, since work follows work in a training too; a record says so beside the size of the cache.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from benchmarks.harness.allocations import trace
from benchmarks.harness.rounds import Rounds, Side, Step
from benchmarks.harness.rows import interval_row, row
from benchmarks.harness.settings import Settings
from benchmarks.records import Measurement, Metric
from benchmarks.statistics import median_interval

MINIMUM_ROUNDS, MAXIMUM_ROUNDS = 6, 15  # six are the fewest with an interval
BUDGET_SHARE = 0.03  # of the cell's budget, once there are enough for an interval

UNSEEN = "the profiler saw no kernel: it may not be permitted to (CUPTI)"
"""Why there is no busy time."""

_KERNELS = ("kernel", "concurrent_kernel")
_WORK = (*_KERNELS, "gpu_memcpy", "gpu_memset")  # of the profiler's events on a device, by their kind
_NS_A_MS = 1e6


class Busy(NamedTuple):
    """What a profiled call kept the device busy with.

    Attributes:
        nanoseconds: in which it worked on something.
        kernels: how many.
    """

    nanoseconds: int
    kernels: int


@dataclass(frozen=True)
class Instruments:
    """How a device is looked at.

    Attributes:
        between_events: nanoseconds on the stream that a side's work, done so many times, takes.
        busy: what one piece of a side's work keeps the device busy with.
        traits: what records say about it.
    """

    between_events: Callable[[Side, int], int]
    busy: Callable[[Side], Busy]
    traits: Mapping[str, Any]


def instruments_of(device: torch.device) -> Instruments | None:
    """Those of a CUDA device; None for others, on which work is done when its call returns."""
    if device.type != "cuda":
        return None
    cache = getattr(torch.cuda.get_device_properties(device), "L2_cache_size", None)
    return Instruments(between_events, busy, {"l2": "warm", "l2_bytes": cache})


def measure(base: Side, gradient: Side, main: Rounds, settings: Settings, instruments: Instruments) -> Measurement:
    """Time base and gradient between events, and profile one call of each.

    Args:
        base: timed in the same rounds.
        gradient: what is measured.
        main: the rounds by the wall clock; their inner counts are used again.
        settings: for the budget.
        instruments: of the device.
    """
    sides = {"base": base, "estimator": gradient}
    samples: dict[str, list[int]] = {name: [] for name in sides}
    limit, spent = BUDGET_SHARE * settings.budget_s * 1e9, 0
    while len(samples["base"]) < MINIMUM_ROUNDS or (len(samples["base"]) < MAXIMUM_ROUNDS and spent < limit):
        for name, side in sides.items():
            samples[name].append(instruments.between_events(side, main.counts[name]))
            side.restore()
            spent += samples[name][-1]
    timed = Rounds(samples, {name: main.counts[name] for name in sides}, Step.ENOUGH)
    count, method = len(samples["base"]), "CUDA events"
    profiled = {"": (instruments.busy(gradient), "estimator"), "base_": (instruments.busy(base), "base")}
    base.restore()
    metrics = [
        interval_row("device_time", median_interval(timed.times("estimator")), method=method, count=count),
        interval_row("base_device_time", median_interval(timed.times("base")), method=method, count=count),
        interval_row("device_multiple", median_interval(timed.ratios("estimator", "base")), method=method, count=count),
        *(metric for prefix, (found, side) in profiled.items() for metric in _profiled(prefix, found, main, side)),
    ]
    missing = {metric.metric: UNSEEN for metric in metrics if metric.value is None}
    kept = {f"events_{name}": values for name, values in samples.items()}
    return Measurement(tuple(metrics), kept, facts={**instruments.traits, **({"missing": missing} if missing else {})})


def _profiled(prefix: str, found: Busy, main: Rounds, side: str) -> list[Metric]:
    method, nanoseconds, kernels, waiting = "one profiled call", None, None, None
    if found.kernels:
        nanoseconds, kernels = found
        waiting = max(0.0, 1 - nanoseconds / median_interval(main.times(side)).value)
    return [
        row(f"{prefix}kernel_launches", kernels, method=method),
        row(f"{prefix}device_busy_time", nanoseconds, method=method),
        row(f"{prefix}launch_bound", waiting, method=f"{method}, wall clock"),
    ]


def between_events(side: Side, count: int) -> int:
    """Nanoseconds on the current stream between two events around the work; waits for it. Resolution half a microsecond."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    side.run(count)
    end.record()
    end.synchronize()
    return int(begin.elapsed_time(end) * _NS_A_MS)


def busy(side: Side) -> Busy:
    """Profile one piece of work; its numbers are of a call that the profiler slows down, but not of its kernels."""
    torch.cuda.synchronize()
    events = [event for event in trace(lambda: side.run(1), device="cuda") if event.device_type().name == "CUDA"]
    return work_of((_kind(event), event.start_ns(), event.duration_ns()) for event in events)


def work_of(events: Iterable[tuple[str, int, int]]) -> Busy:
    """The time that events cover together, and how many of them are kernels.

    Args:
        events: (kind, start, duration), in ns and any order; those that are no work of the device (annotations) do not count.
    """
    work = [event for event in events if event[0] in _WORK]
    covered = reached = 0
    for start, end in sorted((start, start + length) for _, start, length in work):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return Busy(covered, sum(kind in _KERNELS for kind, _, _ in work))


def _kind(event: Any) -> str:
    """What an event on a device is: torch says so, or else its name does."""
    read = getattr(event, "activity_type", None)
    if read is not None:
        return str(read())
    return f"gpu_{event.name()[:6].lower()}" if event.name().startswith(("Memcpy", "Memset")) else "kernel"
