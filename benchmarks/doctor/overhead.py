"""The harness's own overhead, and whether it sees two equal things as equal.

What a sample takes beyond its work (two readings of the clock and a call), what the loop around the base takes a call, and the
median of paired ratios of one piece of work to itself, timed in rounds as every cost is. Imported by the driver too, so torch is
imported where it is used.
"""

from collections.abc import Mapping
from statistics import median
from typing import Any, cast

from benchmarks.doctor.finding import Finding, Level, share
from benchmarks.doctor.timer import SHORTEST_NS

TOLERATED = 0.005
"""Share of the shortest sample that the harness may add without a word: a quarter of a run's precision; ten times it is bad."""

BIAS = 0.01
"""A ratio of a thing to itself whose interval lies farther from 1 is bad."""

_SAMPLES = 2000
_CALLS = 100_000
_ROUNDS = 64
_SHAPE = (64, 128, 128)


class _Idle:
    """A problem whose base does nothing."""

    def base(self) -> None:
        """Do nothing."""

    def buffers(self) -> tuple[()]:
        """None."""
        return ()


def read_overhead(device: str) -> dict[str, float]:
    """Time empty samples, an empty base, and the same work on both sides.

    Args:
        device: whose clock is read.

    Returns:
        `sample_ns`, `call_ns`, and `ratio` with its 95 % interval `low`, `high`.
    """
    import torch

    from benchmarks.harness.base import Base
    from benchmarks.harness.clock import clock_of, collector_off, elapsed

    clock = clock_of(torch.device(device))
    empty = Base(cast(Any, _Idle()))
    with collector_off():
        sample = median(elapsed(clock, empty.run, 1) for _ in range(_SAMPLES))
        call = (elapsed(clock, empty.run, _CALLS) - sample) / _CALLS
        ratio = _to_itself(torch.device(device))
    return {"sample_ns": sample, "call_ns": call, **ratio}


def overhead_findings(reading: Mapping[str, Any]) -> list[Finding]:
    """Whether the harness keeps out of what it measures."""
    off = reading["sample_ns"] / SHORTEST_NS
    said = (
        f"a sample takes {reading['sample_ns'] / 1e3:.2g} µs beyond its work ({share(off)} of the shortest), "
        f"and the base {max(0.0, reading['call_ns']):.0f} ns a call beyond its own"
    )
    level = Level.FINE if off <= TOLERATED else Level.CAUTION if off <= 10 * TOLERATED else Level.BAD
    advice = (
        "Nothing to do." if level is Level.FINE else "Free the machine or take a faster one: small problems come out too dear."
    )
    found = [Finding("overhead", level, said, advice, dict(reading))]
    low, high = reading["low"], reading["high"]
    away = max(low - 1, 1 - high, 0.0)
    said = f"the same work on both sides of a round gives {reading['ratio']:.4f} [{low:.4f}, {high:.4f}] within one process"
    if away <= BIAS:
        return [*found, Finding("rounds", Level.FINE, said, "Nothing to do: the true ratio is 1.", dict(reading))]
    advice = "Try again on a quiet machine; if it stays, please report it: the harness favours a side."
    return [*found, Finding("rounds", Level.BAD, said, advice, dict(reading))]


def _to_itself(device: Any) -> dict[str, float]:
    import random

    import torch

    from benchmarks.harness.clock import clock_of
    from benchmarks.harness.rounds import SAMPLE_NS, Step, calibrate, inner_counts, paired_rounds
    from benchmarks.statistics import median_interval

    class Product:
        """One matrix product after another."""

        def __init__(self) -> None:
            rows, inner, columns = _SHAPE
            self.left, self.right = torch.randn(rows, inner, device=device), torch.randn(inner, columns, device=device)

        def run(self, count: int) -> None:
            """Do `count` products, dropping each."""
            for _ in range(count):
                self.left @ self.right

        def restore(self) -> None:
            """Nothing has changed."""

    clock, work = clock_of(device), Product()
    counts = inner_counts(dict.fromkeys(("one", "other"), calibrate(work, clock)), dict.fromkeys(("one", "other"), SAMPLE_NS))
    rounds = paired_rounds(
        {"one": work, "other": work},
        counts,
        clock,
        lambda rounds, spent: Step.GO_ON if len(rounds.samples["one"]) < _ROUNDS else Step.ENOUGH,
        random.Random(0),
    )
    ratio = median_interval(rounds.ratios("one", "other"))
    assert ratio.low is not None
    assert ratio.high is not None
    return {"ratio": ratio.value, "low": ratio.low, "high": ratio.high}
