"""What is read from one GPU: a value or none, with the reason. Integers in mJ, mW, bytes, MHz, ns; nothing is read here.

Missing is never zero. A sum, a difference or a share of readings is made by whoever asked for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Reading(Generic[T]):
    """One read-out.

    Attributes:
        value: what was read; None where it could not be.
        unit: of the value, or of each of its numbers.
        reason: why there is no value, with the class of each error; empty where there is one.
        method: the call that answered, and what is assumed about its answer; empty where none did.
    """

    value: T | None
    unit: str
    reason: str = ""
    method: str = ""

    def to_json(self) -> dict[str, Any]:
        """A JSON object without what is empty."""
        value = asdict(self.value) if is_dataclass(self.value) and not isinstance(self.value, type) else self.value
        said = {"unit": self.unit, "reason": self.reason, "method": self.method}
        return {"value": _plain(value), **{name: text for name, text in said.items() if text}}


@dataclass(frozen=True)
class Gpu:
    """One GPU as NVML reports it.

    Attributes:
        index: among those visible, in the order of NVML.
        name: such as `NVIDIA H200`.
        uuid: with its prefix `GPU-`.
        memory_bytes: all of its memory; None where the driver does not say (memory shared with the processor).
        driver: version of the driver.
    """

    index: int
    name: str
    uuid: str
    memory_bytes: int | None
    driver: str


@dataclass(frozen=True)
class DeviceMemory:
    """The memory of a whole GPU, in bytes.

    Attributes:
        total: all of it.
        used: by all processes; where `reserved` is None, what the driver keeps for itself is in it.
        free: what is left.
        reserved: by the driver and the firmware; None where the driver has only the first version of the call.
    """

    total: int
    used: int
    free: int
    reserved: int | None


@dataclass(frozen=True)
class GpuProcess:
    """One process that computes on a GPU.

    Attributes:
        pid: as the driver knows it: within a container often the number outside of it.
        memory_bytes: that it holds; None where the driver does not say.
    """

    pid: int
    memory_bytes: int | None


@dataclass(frozen=True)
class Clocks:
    """Clock rates in MHz at one moment, or the highest ones.

    Attributes:
        sm: of the streaming multiprocessors.
        memory: of the memory.
    """

    sm: int
    memory: int


@dataclass(frozen=True)
class Utilisation:
    """Percent of the last sixth of a second to second in which anything ran: good for detecting another tenant, no more.

    Attributes:
        kernels: any kernel.
        memory: any traffic on the memory bus; not how full the memory is.
    """

    kernels: int
    memory: int


Counters = Mapping[str, int]
"""Reason for a lowered clock -> nanoseconds for which it has held since the driver was loaded; only those that answer."""


def difference(before: Reading[int], after: Reading[int]) -> Reading[int]:
    """How far a counter came between two readings; missing where either is, or where it went back (the driver was reloaded)."""
    if before.value is None or after.value is None:
        return Reading(None, after.unit, before.reason or after.reason)
    if after.value < before.value:
        return Reading(None, after.unit, f"the counter went back from {before.value} to {after.value} {after.unit}")
    return Reading(after.value - before.value, after.unit, method=after.method)


def differences(before: Reading[Counters], after: Reading[Counters]) -> Reading[Counters]:
    """The same for several counters: those that both readings hold, that come from one call, and that did not go back."""
    if before.value is None or after.value is None:
        return Reading(None, after.unit, before.reason or after.reason)
    if before.method != after.method:
        return Reading(None, after.unit, f"{before.method} answered before and {after.method} after")
    steps = {name: after.value[name] - start for name, start in before.value.items() if name in after.value}
    kept = {name: step for name, step in steps.items() if step >= 0}
    if not kept:
        return Reading(None, after.unit, "every counter went back")
    return Reading(kept, after.unit, method=after.method)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


ReadOuts = Mapping[str, Callable[[str], Reading[Any]]]
"""Name of a read-out -> function of a UUID."""
