"""The timer is judged by its steps: coarse, slow, standing still, or going back."""

import time
from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path

import pytest

from benchmarks.doctor.finding import Level
from benchmarks.doctor.timer import SHORTEST_NS, TimerReading, read_timer, timer_finding
from benchmarks.harness.rounds import SAMPLE_NS

NOWHERE = Path("nowhere")


def clock(values: Iterator[int]) -> Callable[[], int]:
    return lambda: next(values)


def test_the_shortest_sample_is_that_of_the_harness() -> None:
    assert SHORTEST_NS == SAMPLE_NS


def test_resolution_and_cost_are_read_off_the_steps() -> None:
    stepped = (100 * (i // 2) for i in count())  # counts by 100 ns and is read every 50 ns
    reading = read_timer(clock(stepped), reads=101, source=NOWHERE)
    assert reading == TimerReading(resolution_ns=100, read_ns=50.0, backwards=0, source=None)


@pytest.mark.parametrize(
    ("values", "level"),
    [
        (count(0, 60), Level.FINE),
        (count(0, 2_000), Level.CAUTION),  # 0.2 % of the shortest sample
        (count(0, 15_000_000), Level.BAD),  # a tick of 15 ms
        (cycle([5]), Level.BAD),
        (cycle([0, 50, 40, 90]), Level.BAD),
    ],
    ids=["fine", "coarse", "ticks", "still", "backwards"],
)
def test_the_level_follows_from_the_steps(values: Iterator[int], level: Level) -> None:
    finding = timer_finding(read_timer(clock(values), reads=100, source=NOWHERE))
    assert finding.level is level
    assert finding.said
    assert finding.advice


def test_going_back_is_said() -> None:
    finding = timer_finding(read_timer(clock(cycle([0, 50, 40])), reads=31, source=NOWHERE))
    assert "went back 20 times" in finding.said


def test_this_machines_own_timer_does_not_go_back(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("tsc\n")
    reading = read_timer(time.perf_counter_ns, reads=1000, source=tmp_path / "source")
    assert reading.backwards == 0
    assert reading.source == "tsc"
