"""What CUDA events and a profiled call say of a GPU's time: from scripted instruments, and from CUDA's own at their boundary."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks.harness import device_time
from benchmarks.harness.device_time import Busy, Instruments, instruments_of, measure, work_of
from benchmarks.harness.multiple import measure as measure_cost
from benchmarks.harness.rounds import Rounds, Step
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import build_problem
from benchmarks.records import METRICS, Measurement
from estimators.registry import ESTIMATORS


class Work:
    """A side of known length on the device."""

    def __init__(self, nanoseconds: int, busy: Busy) -> None:
        self.nanoseconds, self.busy, self.counts = nanoseconds, busy, list[int]()

    def run(self, count: int) -> None:
        self.counts.append(count)

    def restore(self) -> None:
        """Nothing has changed."""


def between_events(side: Any, count: int) -> int:
    side.run(count)
    return int(side.nanoseconds * count)


SCRIPTED = Instruments(between_events, lambda side: side.busy, {"l2": "warm", "l2_bytes": 60 << 20})  # type: ignore[attr-defined]

WALL = Rounds({"base": [4000] * 7, "estimator": [5000] * 7}, {"base": 4, "estimator": 2}, Step.ENOUGH)
"""By the wall clock a base pass takes 1000 ns and a gradient 2500."""


def values(measurement: Measurement) -> dict[str, Any]:
    return {metric.metric: metric.value for metric in measurement.metrics}


def test_both_sides_are_timed_between_events_with_the_counts_of_the_wall_clock() -> None:
    base, gradient = Work(900, Busy(600, 3)), Work(2250, Busy(500, 40))
    measurement = measure(base, gradient, WALL, Settings(), SCRIPTED)
    found = values(measurement)
    assert (found["device_time"], found["base_device_time"], found["device_multiple"]) == (2250, 900, 2.5)
    assert set(base.counts) == {4}
    assert set(gradient.counts) == {2}
    assert measurement.samples["events_base"] == [3600] * device_time.MAXIMUM_ROUNDS
    assert measurement.facts == {"l2": "warm", "l2_bytes": 60 << 20}
    assert found.keys() <= METRICS.keys()


def test_a_gradient_is_launch_bound_by_the_share_of_its_time_in_which_no_kernel_ran() -> None:
    found = values(measure(Work(900, Busy(600, 3)), Work(2250, Busy(500, 40)), WALL, Settings(), SCRIPTED))
    assert (found["device_busy_time"], found["kernel_launches"], found["launch_bound"]) == (500, 40, 0.8)
    assert (found["base_device_busy_time"], found["base_kernel_launches"], found["base_launch_bound"]) == (600, 3, 0.4)


def test_kernels_that_take_longer_under_the_profiler_than_the_whole_gradient_leave_no_negative_share() -> None:
    assert values(measure(Work(1, Busy(1001, 1)), Work(1, Busy(1, 1)), WALL, Settings(), SCRIPTED))["base_launch_bound"] == 0


def test_a_profiler_that_sees_no_kernel_leaves_numbers_missing_with_the_reason_and_never_0() -> None:
    measurement = measure(Work(900, Busy(0, 0)), Work(2250, Busy(500, 40)), WALL, Settings(), SCRIPTED)
    missing = {"base_device_busy_time", "base_kernel_launches", "base_launch_bound"}
    assert {name for name, value in values(measurement).items() if value is None} == missing
    assert measurement.facts["missing"].keys() == missing


def test_work_of_long_rounds_is_timed_six_times() -> None:
    second = 1_000_000_000
    measurement = measure(Work(second, Busy(1, 1)), Work(second, Busy(1, 1)), WALL, Settings(budget_s=10), SCRIPTED)
    assert len(measurement.samples["events_estimator"]) == device_time.MINIMUM_ROUNDS


def test_time_in_which_two_kernels_run_counts_once_and_annotations_do_not_count() -> None:
    events = [
        ("kernel", 100, 50),
        ("kernel", 120, 100),
        ("gpu_memcpy", 300, 10),
        ("kernel", 130, 10),
        ("gpu_user_annotation", 0, 9999),
    ]
    assert work_of(events) == Busy(120 + 10, 3)
    assert work_of([]) == Busy(0, 0)


class Event:
    """A CUDA event that notes the time of a scripted stream."""

    stream = 0.0

    def __init__(self, *, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.at = Event.stream

    def synchronize(self) -> None:
        """All is done."""

    def elapsed_time(self, other: "Event") -> float:
        return other.at - self.at


def test_time_between_events_is_in_nanoseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    class Streamed(Work):
        def run(self, count: int) -> None:
            Event.stream += 0.5 * count  # milliseconds, as CUDA counts

    monkeypatch.setattr(torch.cuda, "Event", Event)
    assert device_time.between_events(Streamed(0, Busy(0, 0)), 3) == 1_500_000


def test_events_of_the_profiler_are_told_apart_by_kind_or_else_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def event(name: str, start: int, device: str = "CUDA", **more: Any) -> Any:
        return SimpleNamespace(
            name=lambda: name,
            start_ns=lambda: start,
            duration_ns=lambda: 10,
            device_type=lambda: SimpleNamespace(name=device),
            **more,
        )

    events = [
        event("gemm", 0),
        event("Memcpy HtoD", 20),
        event("aten::mm", 40, "CPU"),
        event("mine", 60, activity_type=lambda: "x"),
    ]
    monkeypatch.setattr(device_time, "trace", lambda work, device: events)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    assert device_time.busy(Work(0, Busy(0, 0))) == Busy(20, 1)


def test_the_processor_has_no_such_instruments() -> None:
    assert instruments_of(torch.device("cpu")) is None


@pytest.mark.parametrize(("after", "marks"), [((7, 0), set()), ((8, 0), {"allocating"}), ((7, 1), {"allocating"})])
def test_an_allocator_that_asks_the_driver_for_memory_in_a_round_is_marked(
    after: tuple[int, int], marks: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([(7, 0), after])
    monkeypatch.setattr("benchmarks.harness.multiple.asked_of_the_driver", lambda device: next(readings))
    problem = build_problem("beale")
    measurement = measure_cost(problem, ESTIMATORS.build("backprop"), Settings(precision=9.0, budget_s=0.05))
    assert measurement.marks & {"allocating"} == marks


def test_what_was_asked_of_the_driver_is_the_allocators_own_count(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.harness.multiple import asked_of_the_driver

    monkeypatch.setattr(torch.cuda, "memory_stats", lambda device: {"num_device_alloc": 5, "num_alloc_retries": 2, "other": 9})
    assert asked_of_the_driver(torch.device("cuda")) == (5, 2)
    assert asked_of_the_driver(torch.device("cpu")) == ()
