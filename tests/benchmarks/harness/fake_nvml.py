"""A module like `pynvml` over GPUs that follow a script, for `GpuProbe(library=FakeNvml(...))`; its time passes only as told.

Answers are the real binding's own structures and errors, and `test_fake_nvml` holds every function's signature to it. What a
driver lacks is named in `missing`; whatever would set something raises AssertionError, so that no test passes beside it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pynvml

GIB = 1 << 30


@dataclass
class FakeGpu:
    """One GPU and its script; times are seconds of the fake's own.

    Attributes:
        uuid: with its prefix.
        name: as the driver reports it.
        total: bytes of memory.
        reserved: bytes that the driver keeps.
        base: bytes that are in use without any process.
        joules: energy drawn since time 0, of time.
        watts: instantaneous power, of time.
        step: seconds between two steps of the energy counter.
        resets: times at which the driver is loaded again and its counters begin at 0.
        processes: (process number, bytes or None), of time.
        throttled: reason (a key of `benchmarks.harness.nvml.THROTTLE_FIELDS`) -> nanoseconds, of time.
        celsius: temperature, of time.
        sm_clock: MHz, of time.
        mig: whether it is divided; None where the board cannot be.
    """

    uuid: str = "GPU-aaaa1111-0000-0000-0000-000000000000"
    name: str = "NVIDIA H200"
    total: int = 140 * GIB
    reserved: int = GIB // 2
    base: int = 0
    joules: Callable[[float], float] = lambda seconds: 100.0 * seconds
    watts: Callable[[float], float] = lambda seconds: 100.0
    step: float = 0.1
    resets: Sequence[float] = ()
    processes: Callable[[float], Sequence[tuple[int, int | None]]] = lambda seconds: ()
    throttled: Callable[[float], dict[str, int]] = lambda seconds: {}
    celsius: Callable[[float], int] = lambda seconds: 40
    sm_clock: Callable[[float], int] = lambda seconds: 1980
    mig: bool | None = False

    def millijoules(self, seconds: float) -> int:
        """What the counter shows at a time: the energy up to its last step, since the last reset."""
        since = max((reset for reset in self.resets if reset <= seconds), default=0.0)
        ticked = max(since, int(seconds / self.step + 1e-9) * self.step)
        return round(1000 * (self.joules(ticked) - self.joules(since)))

    def used(self, seconds: float) -> int:
        """Bytes in use without what the driver keeps."""
        return self.base + sum(size or 0 for _, size in self.processes(seconds))


class FakeNvml:
    """See the module.

    Attributes:
        now: seconds since the script began; every call adds `cost` to it.
        calls: names of the functions that were called, in order.
        opened: how many times it was opened and not closed yet.
    """

    NVMLError = pynvml.NVMLError
    nvmlMemory_v2 = pynvml.nvmlMemory_v2  # noqa: N815
    NVML_CLOCK_SM, NVML_CLOCK_MEM = pynvml.NVML_CLOCK_SM, pynvml.NVML_CLOCK_MEM

    def __init__(
        self,
        *gpus: FakeGpu,
        missing: Collection[str | int] = (),
        error: type[pynvml.NVMLError] = pynvml.NVMLError_FunctionNotFound,
        cost: float = 0.0,
        loaded: bool = True,
    ) -> None:
        """Begin at time 0.

        Args:
            gpus: in the order of NVML.
            missing: names of functions and numbers of fields that the driver does not have.
            error: what a missing function raises.
            cost: seconds that a call takes.
            loaded: whether the driver is.
        """
        self.gpus, self.missing, self.error, self.cost, self.loaded = gpus, frozenset(missing), error, cost, loaded
        self.now, self.opened, self.calls = 0.0, 0, list[str]()

    def clock(self) -> float:
        """The fake's time, for code that is given a clock."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass, for code that is given a way to wait."""
        self.now += seconds

    def __getattribute__(self, name: str) -> Any:
        """Count and time every call; refuse those that are missing."""
        found = object.__getattribute__(self, name)
        if not name.startswith("nvml") or not callable(found):
            return found
        if name in self.missing:
            return self._refused
        self.calls.append(name)
        self.now += self.cost
        return found

    def __getattr__(self, name: str) -> Any:
        """No setter may even be looked up."""
        if name.startswith(("nvmlDeviceSet", "nvmlDeviceReset", "nvmlSystemSet", "nvmlDeviceClear")):
            raise AssertionError(f"{name} would change what is measured")
        raise AttributeError(name)

    def nvmlInit(self) -> None:  # noqa: N802
        if not self.loaded:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.opened -= 1

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "580.1"

    def nvmlSystemGetNVMLVersion(self) -> str:  # noqa: N802
        return "13.580.1"

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:  # noqa: N802
        return 13000

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        if not 0 <= index < len(self.gpus):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return self.gpus[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: bytes) -> FakeGpu:  # noqa: N802
        for gpu in self.gpus:
            if gpu.uuid.encode() == uuid:
                return gpu
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceGetUUID(self, handle: FakeGpu) -> str:  # noqa: N802
        return handle.uuid

    def nvmlDeviceGetName(self, handle: FakeGpu) -> str:  # noqa: N802
        return handle.name

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: FakeGpu) -> int:  # noqa: N802
        return handle.millijoules(self.now)

    def nvmlDeviceGetPowerUsage(self, handle: FakeGpu) -> int:  # noqa: N802
        return round(1000 * handle.watts(self.now))

    def nvmlDeviceGetFieldValues(self, handle: FakeGpu, fieldIds: Sequence[Any]) -> Any:  # noqa: N802
        values = (pynvml.c_nvmlFieldValue_t * len(fieldIds))()
        for value, wanted in zip(values, fieldIds, strict=True):
            value.fieldId, value.scopeId = wanted if isinstance(wanted, tuple) else (wanted, 0)
            found = self._field(handle, value.fieldId, value.scopeId)
            value.nvmlReturn = pynvml.NVML_ERROR_NOT_SUPPORTED if found is None else pynvml.NVML_SUCCESS
            value.valueType = pynvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG
            value.value.ullVal = found or 0
        return values

    def nvmlDeviceGetMemoryInfo(self, handle: FakeGpu, version: int | None = None) -> Any:  # noqa: N802
        used = handle.used(self.now)
        if not version:
            old = pynvml.c_nvmlMemory_t()
            old.total, old.used, old.free = handle.total, used + handle.reserved, handle.total - used - handle.reserved
            return old
        if "version 2 of nvmlDeviceGetMemoryInfo" in self.missing:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
        new = pynvml.c_nvmlMemory_v2_t()
        new.version, new.total, new.reserved = version, handle.total, handle.reserved
        new.used, new.free = used, handle.total - used - handle.reserved
        return new

    def nvmlDeviceGetComputeRunningProcesses(self, handle: FakeGpu) -> list[Any]:  # noqa: N802
        return self._processes(handle)

    def nvmlDeviceGetComputeRunningProcesses_v2(self, handle: FakeGpu) -> list[Any]:  # noqa: N802
        return self._processes(handle)

    def nvmlDeviceGetMPSComputeRunningProcesses(self, handle: FakeGpu) -> list[Any]:  # noqa: N802
        return []

    def nvmlDeviceGetUtilizationRates(self, handle: FakeGpu) -> Any:  # noqa: N802
        rates = pynvml.c_nvmlUtilization_t()
        rates.gpu, rates.memory = (99, 20) if handle.processes(self.now) else (0, 0)
        return rates

    def nvmlDeviceGetClockInfo(self, handle: FakeGpu, type: int) -> int:  # noqa: N802, A002
        return handle.sm_clock(self.now) if type == pynvml.NVML_CLOCK_SM else 3201

    def nvmlDeviceGetMaxClockInfo(self, handle: FakeGpu, type: int) -> int:  # noqa: N802, A002
        return 1980 if type == pynvml.NVML_CLOCK_SM else 3201

    def nvmlDeviceGetViolationStatus(self, device: FakeGpu, perfPolicyType: int) -> Any:  # noqa: N802
        found = pynvml.c_nvmlViolationTime_t()
        found.violationTime = sum(device.throttled(self.now).values()) if perfPolicyType == pynvml.NVML_PERF_POLICY_POWER else 0
        return found

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: FakeGpu) -> int:  # noqa: N802
        return self._flags(handle)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: FakeGpu) -> int:  # noqa: N802
        return self._flags(handle)

    def nvmlDeviceGetTemperatureV(  # noqa: N802
        self, handle: FakeGpu, sensor: int, version: int = pynvml.nvmlTemperature_v1
    ) -> int:
        return handle.celsius(self.now)

    def nvmlDeviceGetTemperature(self, handle: FakeGpu, sensor: int) -> int:  # noqa: N802
        return handle.celsius(self.now)

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: FakeGpu) -> int:  # noqa: N802
        return 700_000

    def nvmlDeviceGetPowerManagementLimitConstraints(self, handle: FakeGpu) -> list[int]:  # noqa: N802
        return [200_000, 700_000]

    def nvmlDeviceGetPersistenceMode(self, handle: FakeGpu) -> int:  # noqa: N802
        return 1

    def nvmlDeviceGetMigMode(self, device: FakeGpu) -> list[int]:  # noqa: N802
        if device.mig is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return [int(device.mig), int(device.mig)]

    def nvmlDeviceGetComputeMode(self, handle: FakeGpu) -> int:  # noqa: N802
        return 0

    def nvmlDeviceGetEccMode(self, handle: FakeGpu) -> list[int]:  # noqa: N802
        return [1, 1]

    def nvmlDeviceGetVirtualizationMode(self, handle: FakeGpu) -> int:  # noqa: N802
        return 1

    def nvmlDeviceGetPciInfo(self, handle: FakeGpu) -> Any:  # noqa: N802
        place = pynvml.nvmlPciInfo_t()
        place.busId = f"00000000:{17 + self.gpus.index(handle):02X}:00.0"
        return place

    def _refused(self, *_: Any, **__: Any) -> None:
        raise self.error()

    def _processes(self, handle: FakeGpu) -> list[Any]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in handle.processes(self.now)]

    def _flags(self, handle: FakeGpu) -> int:
        held = pynvml.nvmlClocksEventReasonSwPowerCap if handle.throttled(self.now) else 0
        return int(pynvml.nvmlClocksEventReasonGpuIdle | held)

    def _field(self, handle: FakeGpu, number: int, scope: int) -> int | None:
        throttled = handle.throttled(self.now)
        counters = {
            pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_POWER_CAP: throttled.get("power cap", 0),
            pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_SYNC_BOOST: throttled.get("sync boost", 0),
            pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN: throttled.get("software thermal slowdown", 0),
            pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN: throttled.get("hardware thermal slowdown", 0),
            pynvml.NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN: throttled.get("power brake", 0),
            pynvml.NVML_FI_DEV_MEMORY_TEMP: handle.celsius(self.now) + 8,
        }
        if (
            number in (pynvml.NVML_FI_DEV_POWER_INSTANT, pynvml.NVML_FI_DEV_POWER_AVERAGE)
            and scope == pynvml.NVML_POWER_SCOPE_GPU
        ):
            counters[number] = round(1000 * handle.watts(self.now))
        return None if number in self.missing else counters.get(number)
