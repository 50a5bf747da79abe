"""The machine: what it is, what it has to spare, and how busy others keep it. For the driver; workers do not import psutil."""

import os
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

MEMORY_SHARE = 0.8
"""Share of the available memory that all workers together may take, unless a limit is given."""

CONTENDED_SHARE = 0.1
"""A timed cell is marked `contended` when others took more than this share of each core it needed."""

_CGROUP = Path("/sys/fs/cgroup")
_CORES = Path("/sys/devices/system/cpu")
_SHORTEST = 0.1  # seconds over which the kernel's processor times, in ticks of 10 ms, say anything


@dataclass(frozen=True)
class Load:
    """Processor time used so far, in seconds summed over cores.

    Attributes:
        at: monotonic time, seconds.
        busy: by everything on the machine.
        own: by the process tree that is measured and by this process.
        throttled: times a core was slowed down by heat since the machine started; None where the kernel does not count.
    """

    at: float
    busy: float
    own: float
    throttled: int | None = None


def load_now(pid: int) -> Load:
    """How busy the machine has been, with the process tree of `pid` counted as our own."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    own = _used(pid) + (0.0 if pid == os.getpid() else _used(os.getpid(), children=False))
    return Load(time.monotonic(), sum(times[:8]) - idle, own, throttle_count())


def throttle_count(cores: Path = _CORES) -> int | None:
    """Times that cores were slowed down by heat since the machine started; None where the kernel does not count (in most VMs).

    Args:
        cores: the kernel's folder of cores.
    """
    counts = [_number(path) for path in cores.glob("cpu[0-9]*/thermal_throttle/*_throttle_count")]
    return sum(count or 0 for count in counts) if counts else None


def other_load(before: Load, after: Load) -> float:
    """Cores that others kept busy between two readings, on average; 0 where too little time lies between them to tell."""
    elapsed = after.at - before.at
    return max(0.0, (after.busy - before.busy) - (after.own - before.own)) / elapsed if elapsed >= _SHORTEST else 0.0


def is_contended(other: float, threads: int, available: float) -> bool:
    """Whether others left too little of the cores that `threads` threads need, out of `available` cores."""
    taken = max(0.0, other - max(0.0, available - threads))
    return taken / threads > CONTENDED_SHARE


def tree(pid: int) -> list[psutil.Process]:
    """A process and everything below it; empty where it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def resident_bytes(family: Iterable[psutil.Process]) -> int:
    """Resident memory of processes, as far as they still run."""
    return sum(_of(process, lambda p: int(p.memory_info().rss)) for process in family)


def available_bytes() -> int:
    """Memory that can be taken without swapping, within the limit of a container where there is one."""
    available = int(psutil.virtual_memory().available)
    limit, used = _number(_CGROUP / "memory.max"), _number(_CGROUP / "memory.current")
    return available if limit is None else max(0, min(available, limit - (used or 0)))


def usable_cores() -> float:
    """Cores this process may use: by affinity, and by the quota of a container where there is one."""
    process = psutil.Process()
    cores = len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1
    quota, _, period = _text(_CGROUP / "cpu.max").partition(" ")
    return min(float(cores), int(quota) / int(period)) if quota.isdigit() and period.strip().isdigit() else float(cores)


def physical_cores() -> int:
    """Physical cores within those that may be used; at least 1."""
    return max(1, int(min(usable_cores(), psutil.cpu_count(logical=False) or 1)))


def cpu_name() -> str:
    """The processor's model name."""
    for line in _text(Path("/proc/cpuinfo")).splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe() -> dict[str, Any]:
    """What a run keeps about the machine: JSON values, sizes in bytes."""
    return {
        "machine": platform.node(),
        "system": platform.platform(),
        "cpu": {
            "name": cpu_name(),
            "architecture": platform.machine(),
            "cores_physical": psutil.cpu_count(logical=False),
            "cores_logical": psutil.cpu_count(),
            "cores_usable": usable_cores(),
        },
        "memory": {"total_bytes": int(psutil.virtual_memory().total), "available_bytes": available_bytes()},
    }


def _used(pid: int, *, children: bool = True) -> float:
    """User and system seconds of a process, of its living children, and of those it has waited for."""
    processes = tree(pid) if children else tree(pid)[:1]
    total = 0.0
    for process in processes:
        times = _of(process, lambda p: p.cpu_times())
        total += sum(times[:4] if children else times[:2]) if times else 0.0
    return total


def _of(process: psutil.Process, read: Any) -> Any:
    try:
        return read(process)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None
