"""A real GPU through the probe: CUDA and the driver mean one board, counters count, and what this process holds is seen."""

import os
import time

import pytest
import torch

from benchmarks.doctor.gpu import Examined
from benchmarks.harness.gpu_state import GpuWatch, meanwhile
from benchmarks.harness.probe import GpuProbe

pytestmark = pytest.mark.gpu


@pytest.fixture
def probe():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    with GpuProbe() as probe:
        if probe.absent:
            pytest.skip(probe.absent)
        yield probe


@pytest.fixture
def uuid(probe):
    found = probe.of_cuda(str(torch.cuda.get_device_properties(0).uuid))
    assert found.value is not None, found.reason
    return found.value


def work(seconds):
    """Keep the device busy."""
    matrix = torch.randn(4096, 4096, device="cuda")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(20):
            matrix @ matrix
        torch.cuda.synchronize()


def needed(reading):
    """What this driver does not say is a reason to skip, not to fail."""
    if reading.value is None:
        pytest.skip(reading.reason)
    return reading.value


def test_cuda_and_the_driver_mean_one_board_both_ways(probe, uuid):
    properties = torch.cuda.get_device_properties(0)
    gpu = next(gpu for gpu in probe.devices() if gpu.uuid == uuid)
    seen = {"name": properties.name, "uuid": f"GPU-{properties.uuid}", "memory_bytes": properties.total_memory}
    finding = Examined(probe, gpu).mapped({"gpu": [seen], "torch": {"cuda": torch.version.cuda}})
    assert finding.level.value == "fine", finding.said


def test_energy_grows_by_at_least_ten_watts_under_load(probe, uuid):
    before = needed(probe.energy_millijoules(uuid))
    work(2.0)
    assert (
        needed(probe.energy_millijoules(uuid)) - before > 2 * 10_000 * 0.9
    )  # a step of the counter may be missing at either end


def test_memory_of_the_device_grows_by_what_is_allocated(probe, uuid):
    torch.zeros(1, device="cuda")
    before = needed(probe.memory(uuid)).used
    block = torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    grown = needed(probe.memory(uuid)).used - before
    del block
    torch.cuda.empty_cache()
    assert 1 << 30 <= grown < (1 << 30) + (64 << 20)


def test_what_this_process_holds_is_seen_or_the_reason_is_given(probe, uuid):
    block = torch.empty(1 << 28, dtype=torch.uint8, device="cuda")
    found = probe.process_memory(uuid, os.getpid())
    del block
    assert found.reason or found.value >= 1 << 28


def test_every_read_out_answers_or_says_why(probe, uuid):
    for name, read in {**probe.readouts(), **probe.traits()}.items():
        reading = read(uuid)
        assert (reading.value is None) == bool(reading.reason), name


def test_the_state_around_work_is_ours_alone(probe, uuid):
    gpu = next(gpu for gpu in probe.devices() if gpu.uuid == uuid)
    watch = GpuWatch(probe, gpu)
    before = watch.now()
    work(1.0)
    facts = meanwhile(before, watch.now())
    assert facts["seconds"] >= 1.0
    assert facts["other_processes"] == []
