"""What single calls of NVML return, as plain values: functions of a module like `pynvml` and a handle. Nothing is imported here.

Each raises one of `errors` where the driver does not answer, the binding has no such call, or what comes back cannot be true;
`benchmarks.harness.probe` turns these into reasons.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from benchmarks.harness.readings import Clocks, Counters, DeviceMemory, GpuProcess

DISTRIBUTION: Final = "nvidia-ml-py"
"""What provides the module `pynvml`; the distribution of the module's name is another one."""

SCOPES: Final = {"gpu": 0, "module": 1, "memory": 2}
"""Parts of a board whose power can be asked for: on Grace-Hopper only `module`, which holds the processor too, may answer."""

POWER_FIELDS: Final = {"average": 185, "instant": 186}
"""Kinds of power -> NVML's number of the field: over the last second, and now."""

MEMORY_TEMPERATURE: Final = 82
"""NVML's number of that field."""

THROTTLE_FIELDS: Final = {
    "power cap": 74,
    "sync boost": 76,
    "software thermal slowdown": 269,
    "hardware thermal slowdown": 270,
    "power brake": 271,
}
"""Reasons for a lowered clock -> NVML's number of the counter, in nanoseconds since the driver was loaded."""

COMPUTE_MODES: Final = {0: "default", 2: "prohibited", 3: "exclusive process"}
VIRTUALISATION: Final = {0: "none", 1: "passthrough", 2: "vGPU", 3: "host of vGPU", 4: "host of vSGA"}
"""NVML's numbers in words."""

_POLICIES: Final = {"power cap": 0, "thermal slowdown": 1, "sync boost": 2}  # of the older counters
_FLAGS: Final = {
    "power cap": 0x04,
    "hardware slowdown": 0x08,
    "sync boost": 0x10,
    "software thermal slowdown": 0x20,
    "hardware thermal slowdown": 0x40,
    "power brake": 0x80,
}  # without those of an idle GPU and of clocks that somebody set
_MEMBERS: Final = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")  # of the union, by the number of a type
_SUCCESS: Final = 0
_LARGEST_PID: Final = 1 << 32


class UnfitError(ValueError):
    """What a call returned cannot be true."""


def errors(nvml: Any) -> tuple[type[Exception], ...]:
    """What a call raises that cannot be answered.

    For a call of several versions the binding raises an error that is none of its NVMLErrors where the driver lacks the newest.
    """
    return (nvml.NVMLError, getattr(nvml, "NVMLLibraryMismatchError", nvml.NVMLError), AttributeError, UnfitError)


def fields(nvml: Any, handle: Any, wanted: Sequence[int]) -> list[int | None]:
    """The values of fields, read in one call, which succeeds whatever becomes of each: None for those that failed."""
    values = nvml.nvmlDeviceGetFieldValues(handle, list(wanted))
    return [_value(value) if value.nvmlReturn == _SUCCESS else None for value in values]


def field(nvml: Any, handle: Any, number: int, scope: int | None = None) -> int:
    """The value of one field, of a part of the board where a scope is given."""
    value = nvml.nvmlDeviceGetFieldValues(handle, [number if scope is None else (number, scope)])[0]
    if value.nvmlReturn != _SUCCESS:
        raise nvml.NVMLError(value.nvmlReturn)
    return _value(value)


def throttle_counters(nvml: Any, handle: Any) -> Counters:
    """Nanoseconds by reason: those counters that answer, of which there must be one."""
    values = fields(nvml, handle, list(THROTTLE_FIELDS.values()))
    found = {name: value for name, value in zip(THROTTLE_FIELDS, values, strict=True) if value is not None}
    if not found:
        raise UnfitError("no counter answers")
    return found


def violations(nvml: Any, handle: Any) -> Counters:
    """The same by the older call, which does not tell kinds of heat apart."""
    return {name: int(nvml.nvmlDeviceGetViolationStatus(handle, policy).violationTime) for name, policy in _POLICIES.items()}


def flags(bits: int) -> tuple[str, ...]:
    """The reasons in a mask of them."""
    return tuple(reason for reason, bit in _FLAGS.items() if int(bits) & bit)


def memory(nvml: Any, handle: Any) -> DeviceMemory:
    """Memory of the device; what the driver keeps for itself apart."""
    found = nvml.nvmlDeviceGetMemoryInfo(handle, nvml.nvmlMemory_v2)
    return _fitting(DeviceMemory(int(found.total), int(found.used), int(found.free), int(found.reserved)))


def memory_by_the_first_version(nvml: Any, handle: Any) -> DeviceMemory:
    """Memory of the device; what the driver keeps for itself counted as used."""
    found = nvml.nvmlDeviceGetMemoryInfo(handle)
    return _fitting(DeviceMemory(int(found.total), int(found.used), int(found.free), None))


def processes(nvml: Any, handle: Any, name: str) -> tuple[GpuProcess, ...]:
    """Processes that compute, by the call of that name; those of the multi-process service too; sorted by number."""
    listed = list(getattr(nvml, name)(handle))
    with suppress(*errors(nvml)):  # there need be no such service
        listed += nvml.nvmlDeviceGetMPSComputeRunningProcesses(handle)
    total = _total(nvml, handle)
    for one in listed:
        if not 0 < one.pid < _LARGEST_PID or (total is not None and (one.usedGpuMemory or 0) > total):
            raise UnfitError(f"process {one.pid} cannot hold {one.usedGpuMemory} bytes: {DISTRIBUTION} does not fit the driver")
    held = {int(one.pid): None if one.usedGpuMemory is None else int(one.usedGpuMemory) for one in listed}
    return tuple(GpuProcess(pid, size) for pid, size in sorted(held.items()))


def clocks(nvml: Any, handle: Any, name: str) -> Clocks:
    """Rates in MHz by the call of that name."""
    call = getattr(nvml, name)
    return Clocks(int(call(handle, nvml.NVML_CLOCK_SM)), int(call(handle, nvml.NVML_CLOCK_MEM)))


def text(value: str | bytes) -> str:
    """A string, whichever kind the binding returns."""
    return value.decode() if isinstance(value, bytes) else value


def words(error: Exception) -> str:
    """An error with its class, which names NVML's code."""
    return f"{type(error).__name__}: {error}"


def _value(found: Any) -> int:
    return int(getattr(found.value, _MEMBERS[found.valueType]))


def _total(nvml: Any, handle: Any) -> int | None:
    try:
        return int(nvml.nvmlDeviceGetMemoryInfo(handle).total)
    except errors(nvml):
        return None


def _fitting(found: DeviceMemory) -> DeviceMemory:
    if not 0 <= found.used <= found.total:
        raise UnfitError(f"{found.used} bytes of {found.total} cannot be in use: {DISTRIBUTION} does not fit the driver")
    return found
