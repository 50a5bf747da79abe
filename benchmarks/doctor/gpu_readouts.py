"""What the driver tells of a GPU: each read-out with its value or the class of its error, and what one call costs."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.doctor.finding import Finding, Level
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Reading

CHECK = "GPU read-outs"

NEEDED = {
    "energy": "no joules per gradient",
    "memory": "no bytes of the device",
    "processes": "other tenants go unnoticed, and there are no bytes of the process",
    "throttle counters": "a lowered clock is seen only if it is low at the end of a cell",
    "clocks": "no clock rates beside the times",
    "temperature": "no temperature beside the times",
}
"""Read-outs that measurements use -> what is lost without each."""

SLOW_US = 20_000.0
"""Microseconds from which on the readings around a cell of a second are more than a few per cent of it."""

_REPEATS = 9


@dataclass(frozen=True)
class ReadOut:
    """One read-out, read several times.

    Attributes:
        name: see `GpuProbe.readouts` and `GpuProbe.traits`.
        reading: the last one.
        microseconds: median cost of a call, whether it answered or not.
    """

    name: str
    reading: Reading[Any]
    microseconds: float

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {"read-out": self.name, **self.reading.to_json(), "microseconds": round(self.microseconds, 1)}


def read_outs(probe: GpuProbe, uuid: str, clock: Callable[[], int] = time.perf_counter_ns) -> tuple[ReadOut, ...]:
    """Read everything there is, several times each.

    Args:
        probe: that is open.
        uuid: of the GPU.
        clock: returns nanoseconds.
    """
    found = []
    for name, read in {**probe.readouts(), **probe.traits()}.items():
        costs: list[int] = []
        for _ in range(_REPEATS):
            start = clock()
            reading = read(uuid)
            costs.append(clock() - start)
        found.append(ReadOut(name, reading, statistics.median(costs) / 1000))
    return tuple(found)


def readouts_finding(found: Sequence[ReadOut]) -> Finding:
    """Whether what measurements use answers, and soon enough."""
    facts = {"readouts": [one.to_json() for one in found]}
    answering = [one for one in found if one.reading.value is not None]
    lost = {one.name: NEEDED[one.name] for one in found if one.reading.value is None and one.name in NEEDED}
    slowest = max(found, key=lambda one: one.microseconds)
    said = f"{len(answering)} of {len(found)} answer; the slowest, {slowest.name}, takes {slowest.microseconds:,.0f} us a call"
    if not answering:
        advice = "Without the driver's read-outs only torch's own are left: times, and bytes that its allocator handed out."
        return Finding(CHECK, Level.BAD, said, advice, facts)
    if lost:
        words = "; ".join(f"without {name}, {what}" for name, what in lost.items())
        return Finding(CHECK, Level.CAUTION, f"{said}; {words}", "See the reason beside each in the table below.", facts)
    if slowest.microseconds > SLOW_US:
        return Finding(CHECK, Level.CAUTION, said, "Measure long cells: these calls are made before and after each.", facts)
    return Finding(CHECK, Level.FINE, said, "Nothing to do.", facts)
