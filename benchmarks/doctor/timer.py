"""The timer: how finely it counts, what reading it costs, and whether it ever goes back.

A sample lasts at least `SHORTEST_NS`, so what the timer adds to one is its resolution over that.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.doctor.finding import Finding, Level, share

SHORTEST_NS = 1_000_000
"""The shortest sample; a test holds it to `benchmarks.harness.rounds.SAMPLE_NS`, which only workers can import."""

TOLERATED = 0.001
"""Share of the shortest sample that the timer may be off without a word; ten times as much is bad."""

_READS = 20_000
_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")


@dataclass(frozen=True)
class TimerReading:
    """How the timer behaved.

    Attributes:
        resolution_ns: smallest step between two different readings; None where all readings were equal.
        read_ns: mean time between two readings, the loop around them included.
        backwards: times that it went back.
        source: what the kernel counts with; None where it does not say.
    """

    resolution_ns: int | None
    read_ns: float
    backwards: int
    source: str | None


def read_timer(clock: Callable[[], int] = time.perf_counter_ns, reads: int = _READS, source: Path = _SOURCE) -> TimerReading:
    """Read a clock again and again.

    Args:
        clock: returns nanoseconds.
        reads: how often; 2 or more.
        source: the kernel's file that names its clock.
    """
    values = [clock() for _ in range(reads)]
    steps = [after - before for before, after in pairwise(values)]
    name = source.read_text(encoding="utf-8").strip() if source.is_file() else None
    mean = (values[-1] - values[0]) / (reads - 1)
    return TimerReading(min((step for step in steps if step > 0), default=None), mean, sum(step < 0 for step in steps), name)


def timer_finding(reading: TimerReading) -> Finding:
    """Whether the timer is fit for the shortest sample."""
    facts = asdict(reading)
    if reading.backwards:
        said = f"the timer went back {reading.backwards} times"
        return Finding("timer", Level.BAD, said, "Choose another clock source of the kernel, such as tsc, and restart.", facts)
    if reading.resolution_ns is None:
        return Finding("timer", Level.BAD, "the timer stood still", "Measure on another machine.", facts)
    off = max(reading.resolution_ns, reading.read_ns) / SHORTEST_NS
    said = (
        f"it tells {reading.resolution_ns} ns apart and takes {reading.read_ns:.0f} ns to read: "
        f"{share(off)} of the shortest sample{f' (clock source {reading.source})' if reading.source else ''}"
    )
    if off <= TOLERATED:
        return Finding("timer", Level.FINE, said, "Nothing to do.", facts)
    advice = "Choose a faster clock source of the kernel, such as tsc; in a virtual machine its host decides."
    return Finding("timer", Level.CAUTION if off <= 10 * TOLERATED else Level.BAD, said, advice, facts)
