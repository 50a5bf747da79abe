"""Memory on a GPU as five numbers: increases over the state before, multiples of the base's, missing ones with their reason."""

import os
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks.harness import memory
from benchmarks.harness.allocations import Allocated
from benchmarks.harness.cuda_memory import Increase, grown, measurement, over
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Reading
from benchmarks.records import METRICS, Measurement
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

MIB = 1 << 20
CONTEXT = 400 * MIB

PROCESSES = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetComputeRunningProcesses_v2")
"""The calls that list processes."""


class Allocator:
    """CUDA's caching allocator at the boundary of torch.cuda: segments of 2 MiB, blocks of 512 bytes."""

    def __init__(self) -> None:
        self.current: Counter[str] = Counter()
        self.peak: Counter[str] = Counter()

    def take(self, size: int) -> None:
        """A tensor asks for memory."""
        self.current["requested"] += size
        self.current["allocated"] += -(-size // 512) * 512
        self.current["reserved"] = max(self.current["reserved"], -(-self.current["allocated"] // (2 * MIB)) * 2 * MIB)
        self.peak = Counter({name: max(value, self.peak[name]) for name, value in self.current.items()})

    def free(self, size: int) -> None:
        """It is gone; what was reserved stays."""
        self.current["requested"] -= size
        self.current["allocated"] -= -(-size // 512) * 512

    def empty_cache(self) -> None:
        """What nobody uses goes back to the driver."""
        self.current["reserved"] = -(-self.current["allocated"] // (2 * MIB)) * 2 * MIB

    def reset_peaks(self, device: Any) -> None:
        """Peaks are what there is now."""
        self.peak = Counter(self.current)

    def stats(self, device: Any) -> dict[str, int]:
        """As torch.cuda.memory_stats tells them."""
        names = ("requested", "allocated", "reserved")
        pairs = (("current", self.current), ("peak", self.peak))
        return {f"{name}_bytes.all.{when}": counts[name] for name in names for when, counts in pairs}


@pytest.fixture
def allocator(monkeypatch: pytest.MonkeyPatch) -> Allocator:
    """In place of CUDA's, with 3 MiB of parameters there already."""
    found = Allocator()
    found.take(3 * MIB)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", found.empty_cache)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", found.reset_peaks)
    monkeypatch.setattr(torch.cuda, "memory_stats", found.stats)
    monkeypatch.setattr(torch.cuda, "get_allocator_backend", lambda: "native")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=FakeGpu().uuid[4:]))
    return found


def measured(
    allocator: Allocator, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...] = (), others: int = 0
) -> Measurement:
    """A gradient that takes 5 MiB and 100 bytes, keeps 100, and a base that takes 1 MiB and a float."""
    gpu = FakeGpu(processes=lambda seconds: [(os.getpid(), CONTEXT + allocator.current["reserved"])])
    monkeypatch.setattr(memory, "GpuProbe", lambda: GpuProbe(FakeNvml(gpu, missing=missing)))

    def gradients() -> None:
        allocator.take(100)
        allocator.take(5 * MIB)
        allocator.free(5 * MIB)

    def base() -> None:
        allocator.take(MIB)
        allocator.take(4)
        allocator.free(MIB)
        allocator.free(4)

    return memory.on_cuda(gradients, base, torch.device("cuda"))


def values(found: Measurement) -> dict[str, Any]:
    return {metric.metric: metric.value for metric in found.metrics}


def test_each_number_is_the_increase_over_the_state_before(allocator: Allocator, monkeypatch: pytest.MonkeyPatch) -> None:
    found = values(measured(allocator, monkeypatch))
    assert (found["peak_bytes"], found["kept_bytes"], found["base_peak_bytes"]) == (5 * MIB + 100, 100, MIB + 4)
    assert (found["allocated_peak_bytes"], found["base_allocated_peak_bytes"]) == (5 * MIB + 512, MIB + 512)
    assert found["reserved_peak_bytes"] == 6 * MIB  # of 10 MiB, 4 were there
    assert found["nvml_process_bytes"] == found["nvml_device_bytes"] == 6 * MIB
    assert found.keys() <= METRICS.keys()


def test_multiples_are_over_the_bases_own_number(allocator: Allocator, monkeypatch: pytest.MonkeyPatch) -> None:
    found = values(measured(allocator, monkeypatch))
    assert found["peak_multiple"] == (5 * MIB + 100) / (MIB + 4)
    assert found["allocated_peak_multiple"] == (5 * MIB + 512) / (MIB + 512)


def test_where_the_base_fits_into_what_is_reserved_there_is_no_multiple(
    allocator: Allocator, monkeypatch: pytest.MonkeyPatch
) -> None:
    allocator.free(MIB)  # 2 MiB of parameters and 2 free in a segment that is half full
    allocator.take(MIB // 2)
    measurement = measured(allocator, monkeypatch)
    found = values(measurement)
    assert found["base_reserved_peak_bytes"] == 0
    assert found["reserved_peak_multiple"] is None
    assert "adds nothing" in measurement.facts["missing"]["reserved_peak_multiple"]


def test_what_the_driver_does_not_tell_is_missing_with_its_reason_and_never_0(
    allocator: Allocator, monkeypatch: pytest.MonkeyPatch
) -> None:
    measurement = measured(allocator, monkeypatch, missing=PROCESSES)
    found, missing = values(measurement), measurement.facts["missing"]
    assert found["nvml_process_bytes"] is None
    assert "nvmlDeviceGetComputeRunningProcesses" in missing["nvml_process_bytes"]
    assert missing.keys() == {"nvml_process_bytes", "base_nvml_process_bytes", "nvml_process_multiple"}
    assert found["nvml_device_bytes"] == 6 * MIB
    assert found["allocated_peak_bytes"] == 5 * MIB + 512


def test_a_size_is_never_added_up_from_two_ways_of_reading_it() -> None:
    one, other = Reading(5, "bytes", method="a"), Reading(9, "bytes", method="b")
    assert grown(one, other).value is None
    assert grown(one, Reading(9, "bytes", method="a")) == Reading(4, "bytes", method="a")
    less = grown(Reading(9, "bytes", method="a"), one)
    assert less.value is None
    assert "4 bytes less than before" in less.reason


def test_over_nothing_there_is_no_multiple() -> None:
    assert over(Reading(6, "bytes", method="m"), Reading(4, "bytes")) == Reading(1.5, "x base", method="m")
    assert over(Reading(6, "bytes"), Reading(None, "bytes", "why")) == Reading(None, "x base", "why")


def test_a_row_names_the_way_it_was_read() -> None:
    counted = dict.fromkeys(("requested", "allocated", "reserved"), Allocated(8, 0))
    driver = {"process": Reading(4, "bytes", method="NVML: assumed exclusive"), "device": Reading(None, "bytes", "no")}
    rows = {metric.metric: metric for metric in measurement(Increase(counted, driver), Increase(counted, driver)).metrics}
    assert rows["nvml_process_bytes"].method == "NVML: assumed exclusive"
    assert rows["allocated_peak_bytes"].method == "caching allocator"
    assert rows["nvml_device_bytes"].value is None
