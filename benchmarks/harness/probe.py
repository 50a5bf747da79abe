"""The only reader of NVML: one class, one method a read-out, each of which fails alone.

NVML is reached through the module `pynvml` of the distribution `nvidia-ml-py`. Driver and binding are released apart from each
other, so any single call may be missing; a value is then None with the reason, and the other values are not lost. No setter is
ever called: an instrument must not change what it measures, and cards are shared. No CUDA context is made.
"""

import importlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import packages_distributions
from types import TracebackType
from typing import Any, Self, TypeVar

from benchmarks.harness import nvml
from benchmarks.harness.readings import Clocks, Counters, DeviceMemory, Gpu, GpuProcess, Reading, ReadOuts, Utilisation

T = TypeVar("T")

_AGREEMENT = 16 << 20  # bytes by which a process may differ from its device and still be all that is on it


class GpuProbe:
    """Reads GPUs by UUID while it is open; open it once for a whole run.

    Where persistence mode is off, a GPU without clients is torn down, and starting it again costs seconds.

    Attributes:
        absent: why nothing can be read: no binding, the wrong one, or no driver; empty where something can, and before it is
            opened.
    """

    def __init__(self, library: Any = None) -> None:
        """Keep what to read with; nothing is opened yet.

        Args:
            library: a module like `pynvml`, which is the default.
        """
        self.absent = ""
        self._library = library
        self._handles: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Open NVML; where it does not open, `absent` says why, and every reading is missing with that reason."""
        self.absent = self._imported() if self._library is None else ""
        if not self.absent:
            try:
                self._library.nvmlInit()
            except self._library.NVMLError as error:
                self.absent = f"NVML did not open: {nvml.words(error)}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._handles.clear()
        if not self.absent:
            self._library.nvmlShutdown()

    def devices(self) -> tuple[Gpu, ...]:
        """The GPUs that the driver reports, in the order of NVML; those whose identity cannot be read are left out."""
        if self.absent:
            return ()
        library, driver = self._library, self.driver().value or ""
        found: list[Gpu] = []
        for index in range(int(self._system("nvmlDeviceGetCount", str).value or 0)):
            with suppress(library.NVMLError):
                handle = library.nvmlDeviceGetHandleByIndex(index)
                uuid, name = nvml.text(library.nvmlDeviceGetUUID(handle)), nvml.text(library.nvmlDeviceGetName(handle))
                self._handles[uuid] = handle
                memory = self.memory(uuid).value
                found.append(Gpu(index, name, uuid, None if memory is None else memory.total, driver))
        return tuple(found)

    def of_cuda(self, uuid: str) -> Reading[str]:
        """NVML's UUID of a device that CUDA names by one without a prefix: as a GPU, or else as an instance of one (MIG)."""
        bare = uuid.removeprefix("GPU-").removeprefix("MIG-")
        reasons = []
        for name in (f"GPU-{bare}", f"MIG-{bare}"):
            known = self._call(name, "", "nvmlDeviceGetUUID", nvml.text)
            if known.value is not None:
                return known
            reasons.append(f"{name}: {known.reason}")
        return Reading(None, "", "; ".join(reasons))

    def driver(self) -> Reading[str]:
        """Version of the driver."""
        return self._system("nvmlSystemGetDriverVersion", nvml.text)

    def nvml_version(self) -> Reading[str]:
        """Version of the library."""
        return self._system("nvmlSystemGetNVMLVersion", nvml.text)

    def cuda_driver_version(self) -> Reading[str]:
        """The highest version of CUDA that the driver runs, such as `13.0`."""
        return self._system("nvmlSystemGetCudaDriverVersion_v2", lambda number: f"{number // 1000}.{number % 1000 // 10}")

    def energy_millijoules(self, uuid: str) -> Reading[int]:
        """Energy of the board since the driver was loaded, mJ; it moves in steps of 10 to 100 ms."""
        return self._call(uuid, "mJ", "nvmlDeviceGetTotalEnergyConsumption", int)

    def power_milliwatts(self, uuid: str, scope: str = "gpu", kind: str = "instant") -> Reading[int]:
        """Power, mW.

        Args:
            uuid: of the GPU.
            scope: a key of `benchmarks.harness.nvml.SCOPES`.
            kind: `instant` or `average`. The older call, which averages over a second on all but the oldest parts, stands in for
                the average of the GPU alone, never for what is drawn now.
        """
        number, part = nvml.POWER_FIELDS[kind], nvml.SCOPES[scope]
        ways = [(f"field {number}, scope {scope}", lambda handle: nvml.field(self._library, handle, number, part))]
        if (kind, scope) == ("average", "gpu"):
            ways.append(("nvmlDeviceGetPowerUsage", lambda handle: int(self._library.nvmlDeviceGetPowerUsage(handle))))
        return self._first(uuid, "mW", *ways)

    def memory(self, uuid: str) -> Reading[DeviceMemory]:
        """Memory of the whole GPU; by the first version of the call where there is no second."""
        return self._first(
            uuid,
            "bytes",
            ("nvmlDeviceGetMemoryInfo, version 2", lambda handle: nvml.memory(self._library, handle)),
            ("nvmlDeviceGetMemoryInfo", lambda handle: nvml.memory_by_the_first_version(self._library, handle)),
        )

    def processes(self, uuid: str) -> Reading[tuple[GpuProcess, ...]]:
        """The processes that compute on the GPU, those of its multi-process service too; sorted by number.

        Missing where an entry cannot be true: where binding and driver disagree about a layout, numbers and sizes change places.
        """
        names = ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetComputeRunningProcesses_v2")
        return self._first(uuid, "bytes", *((name, partial(self._listed, name)) for name in names))

    def process_memory(self, uuid: str, pid: int) -> Reading[int]:
        """Bytes that one process holds on a GPU, its CUDA context included.

        In a container the driver may know the process by another number. Where exactly one process is listed, and what it holds
        agrees with what the device says is used, it is taken to be the one that is asked for, and `method` says so.
        """
        listed = self.processes(uuid)
        if listed.value is None:
            return Reading(None, "bytes", listed.reason)
        mine = next((process for process in listed.value if process.pid == pid), None)
        if mine is not None:
            return _stated(mine, listed.method)
        if len(listed.value) != 1:
            return Reading(None, "bytes", f"process {pid} is not among the {len(listed.value)} that the driver lists")
        held, device = _stated(listed.value[0], listed.method), self.memory(uuid).value
        if held.value is None:
            return held
        if device is None or device.reserved is None or abs(device.used - held.value) > _AGREEMENT:
            reason = f"the driver lists one process, by another number than {pid}, and the device's memory does not agree with it"
            return Reading(None, "bytes", reason)
        return Reading(held.value, "bytes", method=f"{listed.method}: device-level, assumed exclusive")

    def utilisation(self, uuid: str) -> Reading[Utilisation]:
        """Whether anything ran of late; not available where MIG is on."""
        return self._call(
            uuid, "%", "nvmlDeviceGetUtilizationRates", lambda rates: Utilisation(int(rates.gpu), int(rates.memory))
        )

    def clocks(self, uuid: str) -> Reading[Clocks]:
        """Clock rates at this moment, MHz."""
        name = "nvmlDeviceGetClockInfo"
        return self._first(uuid, "MHz", (name, lambda handle: nvml.clocks(self._library, handle, name)))

    def max_clocks(self, uuid: str) -> Reading[Clocks]:
        """The highest clock rates, MHz."""
        name = "nvmlDeviceGetMaxClockInfo"
        return self._first(uuid, "MHz", (name, lambda handle: nvml.clocks(self._library, handle, name)))

    def throttle_counters(self, uuid: str) -> Reading[Counters]:
        """For how long clocks have been lowered, ns by reason: to be differenced, since looks now and then miss what is short."""
        return self._first(
            uuid,
            "ns",
            ("nvmlDeviceGetFieldValues", lambda handle: nvml.throttle_counters(self._library, handle)),
            ("nvmlDeviceGetViolationStatus", lambda handle: nvml.violations(self._library, handle)),
        )

    def throttle_flags(self, uuid: str) -> Reading[tuple[str, ...]]:
        """Why clocks are lowered at this moment: for where there are no counters. Being idle is no reason."""
        names = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")
        return self._first(uuid, "", *((name, partial(self._flags, name)) for name in names))

    def temperature_celsius(self, uuid: str) -> Reading[int]:
        """Temperature of the GPU, °C, by the new call or the one that goes away with CUDA 14."""
        names, sensor = ("nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature"), 0
        return self._first(uuid, "°C", *((name, partial(self._asked, name, sensor)) for name in names))

    def memory_temperature_celsius(self, uuid: str) -> Reading[int]:
        """Temperature of the memory, °C."""
        number = nvml.MEMORY_TEMPERATURE
        return self._first(uuid, "°C", (f"field {number}", lambda handle: nvml.field(self._library, handle, number)))

    def power_limit_milliwatts(self, uuid: str) -> Reading[int]:
        """The limit that is enforced, mW."""
        return self._call(uuid, "mW", "nvmlDeviceGetEnforcedPowerLimit", int)

    def power_limits_milliwatts(self, uuid: str) -> Reading[tuple[int, ...]]:
        """The lowest and the highest limit that could be set, mW."""
        return self._call(
            uuid, "mW", "nvmlDeviceGetPowerManagementLimitConstraints", lambda ends: tuple(int(end) for end in ends)
        )

    def persistence(self, uuid: str) -> Reading[bool]:
        """Whether the GPU stays up while nobody uses it."""
        return self._call(uuid, "", "nvmlDeviceGetPersistenceMode", bool)

    def mig(self, uuid: str) -> Reading[bool]:
        """Whether the GPU is divided into instances, so that readings of the board are not those of one tenant.

        A board that cannot be divided says that it does not support the question.
        """
        return self._call(uuid, "", "nvmlDeviceGetMigMode", lambda modes: bool(modes[0]))

    def compute_mode(self, uuid: str) -> Reading[str]:
        """Who may compute on it."""
        return self._call(uuid, "", "nvmlDeviceGetComputeMode", partial(_named, nvml.COMPUTE_MODES))

    def ecc(self, uuid: str) -> Reading[bool]:
        """Whether errors in memory are corrected, which takes bandwidth on some parts."""
        return self._call(uuid, "", "nvmlDeviceGetEccMode", lambda modes: bool(modes[0]))

    def virtualisation(self, uuid: str) -> Reading[str]:
        """Between this system and the board: nothing, a hypervisor that passes it through, or a share of it."""
        return self._call(uuid, "", "nvmlDeviceGetVirtualizationMode", partial(_named, nvml.VIRTUALISATION))

    def pci_id(self, uuid: str) -> Reading[str]:
        """Where it is plugged in."""
        return self._call(uuid, "", "nvmlDeviceGetPciInfo", lambda place: nvml.text(place.busId))

    def readouts(self) -> ReadOuts:
        """What changes while a run goes on, by name."""
        return {
            "energy": self.energy_millijoules,
            "instant power": self.power_milliwatts,
            "average power": partial(self.power_milliwatts, kind="average"),
            "module power": partial(self.power_milliwatts, scope="module"),
            "memory power": partial(self.power_milliwatts, scope="memory"),
            "memory": self.memory,
            "processes": self.processes,
            "utilisation": self.utilisation,
            "clocks": self.clocks,
            "throttle counters": self.throttle_counters,
            "throttle flags": self.throttle_flags,
            "temperature": self.temperature_celsius,
            "memory temperature": self.memory_temperature_celsius,
        }

    def traits(self) -> ReadOuts:
        """What stays as it is while a run goes on, by name."""
        return {
            "driver": lambda uuid: self.driver(),
            "NVML": lambda uuid: self.nvml_version(),
            "CUDA of the driver": lambda uuid: self.cuda_driver_version(),
            "PCI": self.pci_id,
            "persistence": self.persistence,
            "MIG": self.mig,
            "ECC": self.ecc,
            "compute mode": self.compute_mode,
            "virtualisation": self.virtualisation,
            "power limit": self.power_limit_milliwatts,
            "power limits": self.power_limits_milliwatts,
            "highest clocks": self.max_clocks,
        }

    def facts(self, uuid: str) -> dict[str, Reading[Any]]:
        """Every trait of a GPU."""
        return {name: read(uuid) for name, read in self.traits().items()}

    def _imported(self) -> str:
        """Import the binding; why it cannot be used, or nothing."""
        try:
            library = importlib.import_module("pynvml")  # slow enough to wait until somebody asks
        except ImportError:
            return f"the module pynvml is missing: install {nvml.DISTRIBUTION}"
        if not hasattr(library, "_nvmlGetFunctionPointer"):  # which no other distribution's module has
            owners = " and ".join(sorted(set(packages_distributions().get("pynvml", [])))) or "no distribution that pip knows"
            return f"the module pynvml comes from {owners}: uninstall that, then install {nvml.DISTRIBUTION} again"
        self._library = library
        return ""

    def _call(self, uuid: str, unit: str, name: str, said: Callable[[Any], T]) -> Reading[T]:
        """What one call returns, put as `said` puts it."""
        return self._first(uuid, unit, (name, lambda handle: said(getattr(self._library, name)(handle))))

    def _listed(self, name: str, handle: Any) -> tuple[GpuProcess, ...]:
        return nvml.processes(self._library, handle, name)

    def _flags(self, name: str, handle: Any) -> tuple[str, ...]:
        return nvml.flags(getattr(self._library, name)(handle))

    def _asked(self, name: str, argument: int, handle: Any) -> int:
        return int(getattr(self._library, name)(handle, argument))

    def _first(self, uuid: str, unit: str, *ways: tuple[str, Callable[[Any], T]]) -> Reading[T]:
        """By the first of several (name, function of a handle) that answers."""
        if self.absent:
            return Reading(None, unit, self.absent)
        reasons = []
        for method, read in ways:
            try:
                return Reading(read(self._handle(uuid)), unit, method=method)
            except nvml.errors(self._library) as error:
                reasons.append(f"{method}: {nvml.words(error)}")
        return Reading(None, unit, "; ".join(reasons))

    def _handle(self, uuid: str) -> Any:
        if uuid not in self._handles:
            self._handles[uuid] = self._library.nvmlDeviceGetHandleByUUID(uuid.encode())
        return self._handles[uuid]

    def _system(self, name: str, said: Callable[[Any], str]) -> Reading[str]:
        if self.absent:
            return Reading(None, "", self.absent)
        try:
            return Reading(said(getattr(self._library, name)()), "", method=name)
        except nvml.errors(self._library) as error:
            return Reading(None, "", f"{name}: {nvml.words(error)}")


def _stated(process: GpuProcess, method: str) -> Reading[int]:
    """What a process holds; a process on a GPU holds a context at least, so 0 is no answer."""
    if process.memory_bytes:
        return Reading(process.memory_bytes, "bytes", method=method)
    said = "0 bytes" if process.memory_bytes == 0 else "no size"
    return Reading(None, "bytes", f"the driver lists process {process.pid} with {said}")


def _named(names: dict[int, str], number: int) -> str:
    return names.get(number, f"number {number}")
