"""The harness's overhead is judged by the shortest sample, and its fairness by a ratio of a thing to itself."""

import pytest

from benchmarks.doctor.finding import Level
from benchmarks.doctor.overhead import overhead_findings, read_overhead

GOOD = {"sample_ns": 300.0, "call_ns": 40.0, "ratio": 1.0, "low": 0.998, "high": 1.003}


def levels(**changed: float) -> tuple[Level, Level]:
    overhead, rounds = overhead_findings({**GOOD, **changed})
    return overhead.level, rounds.level


@pytest.mark.parametrize(("sample", "level"), [(2000.0, Level.FINE), (8000.0, Level.CAUTION), (80_000.0, Level.BAD)])
def test_overhead_is_judged_by_the_shortest_sample(sample: float, level: Level) -> None:
    assert levels(sample_ns=sample) == (level, Level.FINE)


@pytest.mark.parametrize(("low", "high", "level"), [(0.97, 1.05, Level.FINE), (1.02, 1.05, Level.BAD), (0.9, 0.98, Level.BAD)])
def test_equal_work_that_comes_out_unequal_is_bad(low: float, high: float, level: Level) -> None:
    assert levels(low=low, high=high) == (Level.FINE, level)


def test_a_reading_encloses_its_ratio(one_thread: None) -> None:
    reading = read_overhead("cpu")
    assert reading["sample_ns"] > 0
    assert reading["low"] <= reading["ratio"] <= reading["high"]
