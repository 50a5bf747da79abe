"""What is kept of a GPU around a cell: who else was there, for how long its clocks were held down. No GPU is needed here."""

import os
from typing import Any

import pytest

from benchmarks.harness.gpu import TESTED
from benchmarks.harness.gpu_state import THROTTLED_SHARE, GpuWatch, foreign, meanwhile, was_shared, was_throttled
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import GpuProcess
from tests.benchmarks.harness.fake_nvml import GIB, FakeGpu, FakeNvml

SECOND = 1_000_000_000
NOBODY = (1 << 22) + 7  # beyond what the kernel gives out, so that no process here has it


def around(gpu: FakeGpu, seconds: float = 1.0, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a record keeps of a cell that takes so long."""
    fake = FakeNvml(gpu, missing=missing)
    with GpuProbe(fake) as probe:
        watch = GpuWatch(probe, probe.devices()[0], fake.clock)
        before = watch.now()
        fake.sleep(seconds)
        return meanwhile(before, watch.now())


def listed(*pids: int) -> list[GpuProcess]:
    return [GpuProcess(pid, GIB) for pid in pids]


@pytest.mark.parametrize(
    ("driver", "ours", "seen", "others"),
    [
        ((7,), {7}, {7}, ()),
        ((7, 8), {7}, {7, 8}, (8,)),
        ((8,), {7}, {7, 8}, (8,)),  # before ours has a context
        ((7000,), {7}, {7}, ()),  # ours, by its number outside of this container
        ((7000, 7001), {7}, {7}, (7001,)),  # one of them is ours
        ((7, 7001), {7}, {7}, (7001,)),
        ((), {7}, {7}, ()),
    ],
    ids=["ours", "a-neighbour", "a-neighbour-alone", "outer-number", "two-outer", "ours-and-outer", "nobody"],
)
def test_a_process_is_foreign_unless_it_is_ours_or_may_be_under_another_number(
    driver: tuple[int, ...], ours: set[int], seen: set[int], others: tuple[int, ...]
) -> None:
    assert foreign(listed(*driver), ours, seen.__contains__) == others


@pytest.mark.parametrize("when", [lambda seconds: seconds < 0.5, lambda seconds: seconds > 0.5], ids=["before", "after"])
def test_a_foreign_process_before_or_after_is_noticed(when: Any) -> None:
    """This process is ours; process 1 is not, and is seen from here."""
    gpu = FakeGpu(processes=lambda seconds: [(os.getpid(), GIB), *([(1, GIB)] if when(seconds) else [])])
    facts = around(gpu)
    assert facts["other_processes"] == [1]
    assert was_shared(facts)


def test_our_own_processes_are_none_of_the_others() -> None:
    facts = around(FakeGpu(processes=lambda seconds: [(os.getpid(), GIB)]))
    assert facts["other_processes"] == []
    assert not was_shared(facts)


@pytest.mark.parametrize(
    ("nanoseconds", "throttled"), [(0, False), (THROTTLED_SHARE * SECOND, False), (2 * THROTTLED_SHARE * SECOND, True)]
)
def test_clocks_held_down_for_more_than_a_hundredth_of_the_time_are_throttled(nanoseconds: float, throttled: bool) -> None:
    """The counter has been running for hours before: its difference counts."""
    gpu = FakeGpu(throttled=lambda seconds: {"power cap": 10**13 + round(seconds * nanoseconds)})
    facts = around(gpu, seconds=1.0)
    assert facts["throttled_ns"]["power cap"] == round(nanoseconds)
    assert was_throttled(facts) is throttled


def test_a_short_time_of_lowered_clocks_is_no_mark_in_a_long_cell() -> None:
    gpu = FakeGpu(throttled=lambda seconds: {"power brake": 20_000_000 if seconds else 0})
    assert was_throttled(around(gpu, seconds=1.0))
    assert not was_throttled(around(gpu, seconds=10.0))


def test_where_there_are_no_counters_the_flags_at_the_ends_must_do() -> None:
    none = ("nvmlDeviceGetFieldValues", "nvmlDeviceGetViolationStatus")
    facts = around(FakeGpu(throttled=lambda seconds: {"power cap": 1} if seconds else {}), missing=none)
    assert facts["throttled_ns"] is None
    assert facts["throttle_flags"] == ["power cap"]
    assert "NVMLError_FunctionNotFound" in facts["missing"]["throttle counters"]
    assert was_throttled(facts)
    assert not was_throttled(around(FakeGpu(), missing=none))


def test_clocks_and_temperature_are_kept_before_and_after() -> None:
    gpu = FakeGpu(celsius=lambda seconds: 40 + int(20 * seconds), sm_clock=lambda seconds: 1980 - int(100 * seconds))
    facts = around(gpu)
    assert (facts["celsius"], facts["sm_mhz"], facts["memory_mhz"]) == ([40, 60], [1980, 1880], [3201, 3201])
    assert facts["seconds"] == 1.0
    assert facts["missing"] == {}


def test_what_cannot_be_read_is_none_with_the_reason_and_marks_nothing() -> None:
    lost = ("nvmlDeviceGetClockInfo", "nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetComputeRunningProcesses_v2")
    facts = around(FakeGpu(processes=lambda seconds: [(NOBODY, GIB)]), missing=lost)
    assert facts["sm_mhz"] == [None, None]
    assert set(facts["missing"]) == {"clocks", "processes"}
    assert not was_shared(facts)


def test_a_driver_that_was_loaded_again_meanwhile_leaves_no_counters() -> None:
    facts = around(FakeGpu(throttled=lambda seconds: {} if seconds else dict.fromkeys(ALL, 5)))
    assert facts["throttled_ns"] is None
    assert facts["missing"]["throttle counters"] == "every counter went back"


ALL = ("power cap", "sync boost", "software thermal slowdown", "hardware thermal slowdown", "power brake")


def test_a_run_keeps_what_its_gpu_is_and_how_these_paths_were_tested() -> None:
    fake = FakeNvml(FakeGpu(mig=None))
    with GpuProbe(fake) as probe:
        kept = GpuWatch(probe, probe.devices()[0]).provenance()
    assert (kept["name"], kept["uuid"]) == ("NVIDIA H200", FakeGpu().uuid)
    assert kept["paths_tested"] == TESTED
    assert kept["power_limit_mw"] == 700_000
    assert kept["highest_clocks_mhz"] == {"sm": 1980, "memory": 3201}
    assert (kept["total_bytes"], kept["reserved_bytes"]) == (140 * GIB, GIB // 2)
    assert (kept["mig"], kept["persistence"]) == (None, True)
    assert kept["missing"] == {"mig": "nvmlDeviceGetMigMode: NVMLError_NotSupported: Not Supported"}
