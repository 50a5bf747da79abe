"""The energy counter's step: it is read without a pause until it has moved often enough, and the gaps are the answer.

A window that begins and ends anywhere between two steps is off by up to one step at each end, so the step decides how long a
window must be.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise

from benchmarks.doctor.finding import Finding, Level
from benchmarks.harness.readings import Reading
from benchmarks.harness.windows import WINDOW_S

CHECK = "energy counter"

_ENOUGH = 20  # steps


@dataclass(frozen=True)
class CounterReading:
    """How a counter moved.

    Attributes:
        step_s: median time between two steps, in seconds; None where it did not move twice.
        longest_s: the longest such time; None where `step_s` is.
        steps: how often it moved.
        reads: how often it was read.
        reason: why it could not be read, or what it did that a counter does not do; empty where all is well.
    """

    step_s: float | None
    longest_s: float | None
    steps: int
    reads: int
    reason: str = ""


def read_counter(
    read: Callable[[], Reading[int]], seconds: float, clock: Callable[[], float] = time.perf_counter
) -> CounterReading:
    """Read a counter again and again, for so long at most.

    Args:
        read: the counter.
        seconds: how long.
        clock: returns seconds.
    """
    start, reads = clock(), 1
    last, moved = read(), list[float]()
    while clock() - start < seconds and len(moved) <= _ENOUGH:
        now, reads = read(), reads + 1
        if last.value is None or now.value is None:
            return CounterReading(None, None, len(moved), reads, last.reason or now.reason)
        if now.value < last.value:
            return CounterReading(None, None, len(moved), reads, f"it went back from {last.value} to {now.value} {now.unit}")
        if now.value > last.value:
            moved.append(clock())
        last = now
    gaps = [after - before for before, after in pairwise(moved)]
    if not gaps:
        return CounterReading(None, None, len(moved), reads, last.reason or f"it moved {len(moved)} times in {seconds:g} s")
    return CounterReading(statistics.median(gaps), max(gaps), len(moved), reads)


def counter_finding(found: CounterReading) -> Finding:
    """Whether windows of the usual length are long enough for the step."""
    facts = asdict(found)
    if found.step_s is None or found.longest_s is None:
        said = f"no energy can be told: {found.reason}"
        return Finding(CHECK, Level.CAUTION, said, "Cells of the suite `energy` are skipped here, with that reason.", facts)
    bound = 2 * found.longest_s / WINDOW_S
    said = (
        f"it moves every {1000 * found.step_s:.3g} ms (at most {1000 * found.longest_s:.3g}, {found.steps} steps seen): "
        f"a window of {WINDOW_S:g} s is off by {100 * bound:.1f} % at most, before its ends are laid on steps"
    )
    if bound <= 0.1:
        return Finding(CHECK, Level.FINE, said, "Nothing to do.", facts)
    return Finding(CHECK, Level.CAUTION, said, "Measure energy in longer windows.", facts)
