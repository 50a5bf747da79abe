"""Other load: what else keeps the processor busy while nothing of ours runs, core by core and by name."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil

from benchmarks.doctor.finding import Finding, Level, share
from benchmarks.harness.machine import is_contended

BUSY_CORE, BUSY_PROCESS, STOLEN = 0.1, 0.05, 0.01
"""Shares of a core that are worth a word: of each core, of a process, and taken by the host of a virtual machine."""

_SHOWN = 5


@dataclass(frozen=True)
class LoadReading:
    """What others did during a while in which we did nothing.

    Attributes:
        cores: share of each core that was busy.
        processes: (name, process number, cores kept busy), the busiest first.
        stolen: share of our cores' time that the host gave to others.
    """

    cores: tuple[float, ...]
    processes: tuple[tuple[str, int, float], ...]
    stolen: float


@dataclass(frozen=True)
class _Snapshot:
    at: float
    cores: tuple[tuple[float, float, float], ...]
    used: Mapping[int, tuple[str, float]]


def read_load(seconds: float, sleep: Callable[[float], None] = time.sleep) -> LoadReading:
    """Look on for a while.

    Args:
        seconds: how long.
        sleep: waits.
    """
    before = _snapshot()
    sleep(seconds)
    return _between(before, _snapshot())


def load_finding(reading: LoadReading, threads: int, usable: float) -> Finding:
    """Whether others leave the cores that are needed.

    Args:
        reading: of a while in which nothing of ours ran.
        threads: that a measured process uses.
        usable: cores that this process may use.
    """
    busy = sum(reading.cores)
    processes = [{"name": name, "pid": pid, "cores": round(cores, 3)} for name, pid, cores in reading.processes]
    facts = {"cores": [round(core, 3) for core in reading.cores], "processes": processes, "stolen": round(reading.stolen, 4)}
    each = ", ".join(f"{core:.0%}" for core in reading.cores[:16]) + (", ..." if len(reading.cores) > 16 else "")
    said = f"others keep {busy:.2f} of {len(reading.cores)} cores busy (each: {each})"
    if reading.processes:
        said += "; " + ", ".join(f"{name} (pid {pid}) {cores:.2f}" for name, pid, cores in reading.processes[:_SHOWN])
    if reading.stolen > STOLEN:
        said += f"; the host took {share(reading.stolen)} of the time"
    if is_contended(busy, threads, usable) or reading.stolen > 10 * STOLEN:
        advice = "Wait for them or stop them; cells timed now are marked `contended`."
        return Finding("other load", Level.BAD, said, advice, facts)
    if max(reading.cores, default=0.0) > BUSY_CORE or reading.processes or reading.stolen > STOLEN:
        return Finding(
            "other load", Level.CAUTION, said, "Stop what is not needed; it takes cache and memory bandwidth too.", facts
        )
    return Finding("other load", Level.FINE, said, "Nothing to do.", facts)


def meanwhile_finding(others: Sequence[float], threads: int, usable: float) -> Finding:
    """Whether others came in between while equal code was timed.

    Args:
        others: cores that others kept busy during each pair of processes.
        threads: that a measured process uses.
        usable: cores that this process may use.
    """
    disturbed = sum(is_contended(busy, threads, usable) for busy in others)
    facts = {"others": [round(busy, 3) for busy in others]}
    said = f"while equal code was timed others kept {sum(others) / len(others):.2f} cores busy on average"
    if not disturbed:
        return Finding("load meanwhile", Level.FINE, said, "Nothing to do.", facts)
    said += f", and left too little to {disturbed} of {len(others)} pairs of processes"
    level = Level.BAD if 2 * disturbed > len(others) else Level.CAUTION
    return Finding("load meanwhile", level, said, "Find out what runs from time to time, and try again without it.", facts)


def _snapshot() -> _Snapshot:
    used = {}
    own = psutil.Process().pid
    for process in psutil.process_iter():
        try:
            times = process.cpu_times()
            if process.pid != own:
                used[process.pid] = (process.name(), times.user + times.system)
        except psutil.Error:
            continue
    cores = tuple(
        (sum(times[:8]) - times.idle - getattr(times, "iowait", 0.0), sum(times[:8]), getattr(times, "steal", 0.0))
        for times in psutil.cpu_times(percpu=True)
    )
    return _Snapshot(time.monotonic(), cores, used)


def _between(before: _Snapshot, after: _Snapshot) -> LoadReading:
    elapsed = after.at - before.at
    cores, stolen, total = [], 0.0, 0.0
    for (busy, whole, steal), (busy_then, whole_then, steal_then) in zip(after.cores, before.cores, strict=True):
        passed = whole - whole_then
        cores.append(min(1.0, max(0.0, busy - busy_then) / passed) if passed > 0 else 0.0)
        stolen, total = stolen + steal - steal_then, total + passed
    processes = [
        (name, pid, (used - before.used[pid][1]) / elapsed) for pid, (name, used) in after.used.items() if pid in before.used
    ]
    busiest = sorted((one for one in processes if one[2] > BUSY_PROCESS), key=lambda one: -one[2])
    return LoadReading(tuple(cores), tuple(busiest), max(0.0, stolen) / total if total else 0.0)
