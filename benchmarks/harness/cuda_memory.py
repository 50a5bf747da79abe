"""Memory on a GPU, as five different numbers that are never mixed: each as an increase over the state before the work.

    requested   bytes that tensors asked for: the exact peak
    allocated   blocks that the caching allocator handed out, rounded up
    reserved    segments that it took from the driver, those it keeps and those that are fragmented included: what must fit
    process     what the driver counts for this process: context, kernels that were loaded, and what libraries took by themselves
    device      what is in use on the whole GPU, whoever uses it

The allocator is emptied before the work and keeps what it takes meanwhile, so that what NVML says when the work is done is the
peak of the work, although NVML keeps none. The work has been done once before: kernels that are loaded at their first call do not
count. Where a number is not available there is none, and the reason is kept.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.harness.allocations import Allocated
from benchmarks.harness.clock import collector_off
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Reading
from benchmarks.harness.rows import row
from benchmarks.records import Measurement, Metric

_ALLOCATOR = ("requested", "allocated", "reserved")
_METHOD = "caching allocator"
_NO_BASE = "one base forward pass adds nothing to it"


@dataclass(frozen=True)
class Increase:
    """What a piece of work adds to memory.

    Attributes:
        allocator: each of requested, allocated and reserved -> bytes.
        driver: `process` and `device` -> bytes.
    """

    allocator: Mapping[str, Allocated]
    driver: Mapping[str, Reading[int]]

    def peaks(self) -> dict[str, Reading[int]]:
        """Beginning of a metric's name -> bytes at most, of all but the exact peak."""
        counted = {f"{name}_peak": Reading(self.allocator[name].peak, "bytes", method=_METHOD) for name in _ALLOCATOR[1:]}
        return {**counted, **{f"nvml_{name}": reading for name, reading in self.driver.items()}}


def increase(work: Callable[[], Any], device: torch.device, driver: Callable[[], Mapping[str, Reading[int]]]) -> Increase:
    """Run `work` and see what it adds; what it returns is held until then.

    Args:
        work: done before, so that nothing is loaded for the first time.
        device: on which it runs.
        driver: reads what the driver counts.
    """
    with collector_off():
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        before, seen = torch.cuda.memory_stats(device), driver()
        held = work()
        torch.cuda.synchronize(device)
        after, then = torch.cuda.memory_stats(device), driver()
    del held
    current = {name: before[f"{name}_bytes.all.current"] for name in _ALLOCATOR}
    allocator = {
        name: Allocated(after[f"{name}_bytes.all.peak"] - start, after[f"{name}_bytes.all.current"] - start)
        for name, start in current.items()
    }
    return Increase(allocator, {name: grown(reading, then[name]) for name, reading in seen.items()})


def grown(before: Reading[int], after: Reading[int]) -> Reading[int]:
    """How much more there is; missing where either is, or where there is less (others gave some back)."""
    if before.value is None or after.value is None:
        return Reading(None, "bytes", before.reason or after.reason)
    if before.method != after.method:
        return Reading(None, "bytes", f"by {before.method} before and by {after.method} after")
    if after.value < before.value:
        return Reading(None, "bytes", f"{before.value - after.value} bytes less than before: somebody gave them back meanwhile")
    return Reading(after.value - before.value, "bytes", method=after.method)


def of_driver(probe: GpuProbe, device: torch.device) -> Callable[[], dict[str, Reading[int]]]:
    """What the driver counts at a moment, for this process and for the whole GPU.

    Args:
        probe: open for as long as the result is used.
        device: a CUDA device.
    """
    uuid = probe.of_cuda(str(torch.cuda.get_device_properties(device).uuid))

    def read() -> dict[str, Reading[int]]:
        if uuid.value is None:
            return {name: Reading(None, "bytes", uuid.reason) for name in ("process", "device")}
        whole = probe.memory(uuid.value)
        used = Reading(None if whole.value is None else whole.value.used, "bytes", whole.reason, whole.method)
        return {"process": probe.process_memory(uuid.value, os.getpid()), "device": used}

    return read


def measurement(above: Increase, below: Increase) -> Measurement:
    """The rows of all but the exact peak: of the estimator, of the base, and one over the other.

    Args:
        above: what the estimator adds.
        below: what one base forward pass adds.
    """
    missing: dict[str, str] = {}
    rows: list[Metric] = []

    def add(name: str, reading: Reading[Any]) -> None:
        rows.append(row(name, reading.value, method=reading.method))
        if reading.value is None:
            missing[name] = reading.reason

    base = below.peaks()
    for name, reading in above.peaks().items():
        add(f"{name}_bytes", reading)
        add(f"base_{name}_bytes", base[name])
        add(f"{name}_multiple", over(reading, base[name]))
    return Measurement(tuple(rows), facts={"missing": missing} if missing else {})


def over(above: Reading[int], below: Reading[int]) -> Reading[float]:
    """One increase over another; missing where either is, or where the base adds nothing."""
    if above.value is None or below.value is None:
        return Reading(None, "x base", above.reason or below.reason)
    if below.value == 0:
        return Reading(None, "x base", _NO_BASE)
    return Reading(above.value / below.value, "x base", method=above.method)
