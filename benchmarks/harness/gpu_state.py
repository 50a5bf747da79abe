"""What a GPU was doing right before and right after a cell: heat, clocks, and who else was there. For the driver.

It is read while nothing of ours runs on it, so that it takes no time from what is measured. Counters are differenced, because a
look now and then misses what is short.
"""

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.harness.gpu import TESTED
from benchmarks.harness.machine import tree
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Clocks, Counters, Gpu, GpuProcess, Reading, differences

THROTTLED_SHARE = 0.01
"""A cell is marked `throttled` when its clocks were held down, for one reason, for more than this share of its time."""


@dataclass(frozen=True)
class GpuState:
    """One GPU at one moment.

    Attributes:
        at: monotonic time, seconds.
        counters: nanoseconds for which clocks have been lowered.
        flags: why they are lowered now.
        clocks: rates, MHz.
        celsius: temperature.
        others: numbers of processes that are not ours.
    """

    at: float
    counters: Reading[Counters]
    flags: Reading[tuple[str, ...]]
    clocks: Reading[Clocks]
    celsius: Reading[int]
    others: Reading[tuple[int, ...]]


class GpuWatch:
    """Reads the state of the one GPU that a run measures on, with the probe that stays open for all of it."""

    def __init__(self, probe: GpuProbe, gpu: Gpu, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep what to read.

        Args:
            probe: that is open.
            gpu: which.
            clock: returns seconds.
        """
        self.gpu = gpu
        self._probe, self._clock = probe, clock

    def now(self) -> GpuState:
        """Its state, with this process and all below it counted as our own."""
        probe, uuid = self._probe, self.gpu.uuid
        listed = probe.processes(uuid)
        others = None if listed.value is None else foreign(listed.value, {process.pid for process in tree(os.getpid())})
        return GpuState(
            at=self._clock(),
            counters=probe.throttle_counters(uuid),
            flags=probe.throttle_flags(uuid),
            clocks=probe.clocks(uuid),
            celsius=probe.temperature_celsius(uuid),
            others=Reading(others, "", listed.reason, listed.method),
        )

    def provenance(self) -> dict[str, Any]:
        """What a run keeps about its GPU: JSON values by name and unit, and the reason for each that is `missing`."""
        facts, memory = self._probe.facts(self.gpu.uuid), self._probe.memory(self.gpu.uuid)
        known = {"_".join(filter(None, (_word(name), _word(one.unit)))): one.to_json()["value"] for name, one in facts.items()}
        sizes = {} if memory.value is None else {"total_bytes": memory.value.total, "reserved_bytes": memory.value.reserved}
        missing = {_word(name): one.reason for name, one in {**facts, "memory": memory}.items() if one.value is None}
        return {"name": self.gpu.name, "uuid": self.gpu.uuid, "paths_tested": TESTED, **known, **sizes, "missing": missing}


def foreign(
    listed: Collection[GpuProcess], ours: Collection[int], exists: Callable[[int], bool] = psutil.pid_exists
) -> tuple[int, ...]:
    """Those of the listed processes that cannot be ours.

    In a container the driver may list processes by numbers from outside of it. One number that nobody here has may then be ours,
    as long as none of ours is listed; every other one is somebody else's.

    Args:
        listed: by the driver.
        ours: numbers of our own processes.
        exists: whether a number belongs to a process that is seen from here.
    """
    others = [process.pid for process in listed if process.pid not in ours]
    unseen = [pid for pid in others if not exists(pid)]
    if len(others) == len(listed) and unseen:
        others.remove(unseen[0])
    return tuple(others)


def meanwhile(before: GpuState, after: GpuState) -> dict[str, Any]:
    """What a record keeps of two readings: JSON values, with a reason for each that is missing.

    Returns:
        `seconds` between them, `throttled_ns` by reason, `throttle_flags`, `sm_mhz`, `memory_mhz` and `celsius` before and after,
        `other_processes` that were there before or after, and `missing`: what could not be read -> why.
    """
    held = differences(before.counters, after.counters)
    both = (before, after)
    read: list[tuple[str, Reading[Any]]] = [
        ("throttle counters", held),
        *(("clocks", one.clocks) for one in both),
        *(("temperature", one.celsius) for one in both),
        *(("processes", one.others) for one in both),
    ]
    return {
        "seconds": round(after.at - before.at, 3),
        "throttled_ns": None if held.value is None else dict(held.value),
        "throttle_flags": sorted({flag for one in both for flag in one.flags.value or ()}),
        "sm_mhz": [None if one.clocks.value is None else one.clocks.value.sm for one in both],
        "memory_mhz": [None if one.clocks.value is None else one.clocks.value.memory for one in both],
        "celsius": [one.celsius.value for one in both],
        "other_processes": sorted({pid for one in both for pid in one.others.value or ()}),
        "missing": {name: reading.reason for name, reading in read if reading.value is None},
    }


def was_throttled(facts: Mapping[str, Any]) -> bool:
    """Whether clocks were held down for a share of the time that is worth a mark; by the flags where there are no counters."""
    held = facts.get("throttled_ns")
    if held is None:
        return bool(facts.get("throttle_flags"))
    return max(held.values(), default=0) > THROTTLED_SHARE * 1e9 * float(facts["seconds"])


def was_shared(facts: Mapping[str, Any]) -> bool:
    """Whether a process that is not ours was there before or after."""
    return bool(facts.get("other_processes"))


def _word(name: str) -> str:
    return name.lower().replace(" ", "_")
