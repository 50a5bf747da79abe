"""What the doctor says of a GPU: which it is, who is on it, how it is set up, what its driver answers. No GPU is needed here."""

import os
from collections.abc import Sequence
from typing import Any

import pytest

from benchmarks.doctor.finding import Finding, Level
from benchmarks.doctor.gpu import Examined
from benchmarks.doctor.gpu_counter import CounterReading, counter_finding, read_counter
from benchmarks.doctor.gpu_place import presence_finding
from benchmarks.doctor.gpu_readouts import NEEDED, SLOW_US, read_outs, readouts_finding
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Gpu, Reading
from tests.benchmarks.harness.fake_nvml import GIB, FakeGpu, FakeNvml

UUID = FakeGpu().uuid
CUDA = {"name": "NVIDIA H200", "uuid": UUID, "memory_bytes": 139 * GIB}


def looked_on(gpu: FakeGpu, missing: Sequence[str] = (), cost: float = 0.001) -> dict[str, Finding]:
    """Every finding about a GPU that nothing of ours runs on; each call takes a millisecond of the fake's time."""
    fake = FakeNvml(gpu, missing=missing, cost=cost)
    with GpuProbe(fake) as probe:
        return {one.check: one for one in Examined(probe, probe.devices()[0]).look_on(0.2)}


def mapped(seen: list[dict[str, Any]], build: str | None = "13.0") -> Finding:
    """What is said where a pinned worker sees these."""
    with GpuProbe(FakeNvml(FakeGpu("GPU-other", "NVIDIA L4"), FakeGpu())) as probe:
        return Examined(probe, probe.devices()[1]).mapped({"gpu": seen, "torch": {"cuda": build}})


def test_a_gpu_of_ones_own_is_fine_in_every_respect() -> None:
    found = looked_on(FakeGpu())
    assert [*found] == ["GPU tenants", "GPU modes", "GPU read-outs", "energy counter"]
    levels = {name: one.level for name, one in found.items() if name != "energy counter"}
    assert levels == dict.fromkeys(levels, Level.FINE)


def test_a_neighbour_is_bad_and_named() -> None:
    finding = looked_on(FakeGpu(processes=lambda seconds: [(1, GIB), (os.getpid(), GIB)]))["GPU tenants"]
    assert finding.level is Level.BAD
    assert "1 other process computes there: 1" in finding.said


def test_whoever_cannot_be_seen_is_a_caution() -> None:
    lost = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetComputeRunningProcesses_v2")
    finding = looked_on(FakeGpu(), lost)["GPU tenants"]
    assert finding.level is Level.CAUTION
    assert "NVMLError_FunctionNotFound" in finding.said


def test_a_divided_board_is_a_caution_about_energy_and_bytes() -> None:
    finding = looked_on(FakeGpu(mig=True))["GPU modes"]
    assert finding.level is Level.CAUTION
    assert "MIG" in finding.said
    assert finding.facts["MIG"] == {"value": True, "method": "nvmlDeviceGetMigMode"}


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_each_read_out_that_measurements_use_is_missed_with_what_is_lost(name: str) -> None:
    with GpuProbe(FakeNvml(FakeGpu())) as probe:
        found = [*read_outs(probe, UUID)]
    without = [
        one if one.name != name else type(one)(name, Reading(None, "", "call: NVMLError_NotSupported: no"), 1.0) for one in found
    ]
    finding = readouts_finding(without)
    assert finding.level is Level.CAUTION
    assert f"without {name}, {NEEDED[name]}" in finding.said


def test_read_outs_are_timed_call_by_call_and_kept_with_the_class_of_their_errors() -> None:
    finding = looked_on(FakeGpu(), ("nvmlDeviceGetTotalEnergyConsumption",))["GPU read-outs"]
    rows = {row["read-out"]: row for row in finding.facts["readouts"]}
    assert rows["energy"]["value"] is None
    assert "NVMLError_FunctionNotFound" in rows["energy"]["reason"]
    assert all(row["microseconds"] > 0 for row in rows.values())


def test_the_cost_of_a_read_out_is_the_median_of_several() -> None:
    ticks = iter(range(10**6))
    with GpuProbe(FakeNvml(FakeGpu())) as probe:
        found = read_outs(probe, UUID, lambda: 3_000 * next(ticks))
    assert {one.microseconds for one in found} == {3.0}


def test_slow_calls_are_a_caution_and_none_at_all_is_bad() -> None:
    with GpuProbe(FakeNvml(FakeGpu())) as probe:
        found = read_outs(probe, UUID)
    slow = [type(one)(one.name, one.reading, 2 * SLOW_US) for one in found]
    assert readouts_finding(slow).level is Level.CAUTION
    with GpuProbe(FakeNvml(FakeGpu(), loaded=False)) as probe:
        assert readouts_finding(read_outs(probe, UUID)).level is Level.BAD


@pytest.mark.parametrize("step", [0.02, 0.1])
def test_the_counters_step_is_found_by_polling(step: float) -> None:
    """Polled every millisecond, each step is seen within one poll of when it was taken."""
    fake = FakeNvml(FakeGpu(step=step), cost=0.001)
    with GpuProbe(fake) as probe:
        found = read_counter(lambda: probe.energy_millijoules(UUID), 5.0, fake.clock)
    assert found.step_s == pytest.approx(step, abs=0.0011)
    assert found.longest_s == pytest.approx(step, abs=0.0021)
    assert counter_finding(found).level is Level.FINE
    assert f"every {1000 * found.step_s:.3g} ms" in counter_finding(found).said


def test_a_counter_that_is_not_there_stands_still_or_goes_back_tells_no_energy() -> None:
    for gpu, missing, words in (
        (FakeGpu(), ("nvmlDeviceGetTotalEnergyConsumption",), "NVMLError_FunctionNotFound"),
        (FakeGpu(joules=lambda seconds: 5.0), (), "moved 0 times in 0.5 s"),
        (FakeGpu(resets=(0.25,)), (), "went back"),
    ):
        fake = FakeNvml(gpu, missing=missing, cost=0.001)
        with GpuProbe(fake) as probe:
            finding = counter_finding(read_counter(lambda: probe.energy_millijoules(UUID), 0.5, fake.clock))
        assert finding.level is Level.CAUTION
        assert words in finding.said


def test_a_counter_with_long_steps_needs_longer_windows() -> None:
    finding = counter_finding(CounterReading(0.9, 1.0, 4, 100))
    assert finding.level is Level.CAUTION
    assert "a window of 5 s is off by 40.0 % at most" in finding.said


def test_a_worker_that_sees_the_named_gpu_and_no_other_is_mapped_both_ways() -> None:
    finding = mapped([CUDA])
    assert finding.level is Level.FINE
    assert finding.facts["back"]["value"] == UUID
    assert finding.facts["nvml"]["index"] == 1  # whatever place CUDA gives it


@pytest.mark.parametrize(
    ("seen", "build", "level", "words"),
    [
        ([], None, Level.BAD, "built without CUDA"),
        ([], "13.0", Level.BAD, "sees 0 GPUs"),
        ([CUDA, CUDA], "13.0", Level.BAD, "sees 2 GPUs"),
        ([{**CUDA, "uuid": "GPU-other"}], "13.0", Level.BAD, "leads back to GPU-other"),
        ([{**CUDA, "uuid": "GPU-unknown"}], "13.0", Level.BAD, "leads back to nothing"),
        ([{**CUDA, "name": "NVIDIA L4"}], "13.0", Level.CAUTION, "'NVIDIA L4' with 139.0 GiB in CUDA"),
        ([{**CUDA, "memory_bytes": 24 * GIB}], "13.0", Level.CAUTION, "24.0 GiB in CUDA"),
    ],
    ids=["no-cuda", "none", "two", "another", "unknown", "name", "memory"],
)
def test_any_other_gpu_is_not_the_one_that_was_named(
    seen: list[dict[str, Any]], build: str | None, level: Level, words: str
) -> None:
    finding = mapped(seen, build)
    assert finding.level is level
    assert words in finding.said


def test_where_the_cpu_is_asked_about_it_is_said_whether_there_is_a_gpu() -> None:
    none = presence_finding([], "NVML did not open: NVMLError_LibraryNotFound")
    assert none.level is Level.FINE
    assert "there is none here (NVML did not open" in none.said
    some = presence_finding([Gpu(0, "NVIDIA H200", UUID, GIB, "580.1")], "")
    assert "cuda:0 NVIDIA H200" in some.said
    assert "--device cuda" in some.advice
