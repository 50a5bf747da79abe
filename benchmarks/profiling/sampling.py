"""NVML's read-outs of one GPU at regular moments, in a process of its own: neither worker nor driver is bothered.

    python -P /path/to/benchmarks/profiling/sampling.py UUID PID FILE

writes one line of CSV every `PERIOD`, and ends with its standard input; then it says, as one JSON object, why columns are empty.
Missing is an empty entry, never 0. Integers: nanoseconds since 1970, mW, MHz, °C, bytes, percent.
"""

import json
import os
import select
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.harness.probe import GpuProbe

PERIOD = 0.05
"""Seconds between two readings: shorter ones tell nothing new, and readings take up to 10 ms."""

COLUMNS = ("ns", "power_mw", "sm_mhz", "memory_mhz", "temperature_c", "used_bytes", "process_bytes", "kernels_percent")


def sample(probe: "GpuProbe", uuid: str, pid: int) -> tuple[dict[str, int | None], dict[str, str]]:
    """Read everything once.

    Args:
        probe: open.
        uuid: of the GPU.
        pid: of the process whose memory is asked for.

    Returns:
        Column -> value or None; column -> why there is none.
    """
    clocks, memory, busy = probe.clocks(uuid), probe.memory(uuid), probe.utilisation(uuid)
    parts: dict[str, tuple[Any, Callable[[Any], int]]] = {
        "power_mw": (probe.power_milliwatts(uuid), int),
        "sm_mhz": (clocks, lambda found: int(found.sm)),
        "memory_mhz": (clocks, lambda found: int(found.memory)),
        "temperature_c": (probe.temperature_celsius(uuid), int),
        "used_bytes": (memory, lambda found: int(found.used)),
        "process_bytes": (probe.process_memory(uuid, pid), int),
        "kernels_percent": (busy, lambda found: int(found.kernels)),
    }
    values = {name: None if reading.value is None else of(reading.value) for name, (reading, of) in parts.items()}
    return values, {name: reading.reason for name, (reading, _) in parts.items() if reading.value is None}


def line(at: int, values: Mapping[str, int | None]) -> str:
    """One line of the file."""
    return ",".join("" if value is None else str(value) for value in (at, *(values[name] for name in COLUMNS[1:])))


def main(uuid: str, pid: int, path: Path) -> None:
    """Read until standard input ends."""
    from benchmarks.harness.probe import GpuProbe

    reasons: dict[str, str] = {}
    with GpuProbe() as probe, path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(COLUMNS) + "\n")
        while not _ended(PERIOD):
            at = time.time_ns()
            values, why = sample(probe, uuid, pid)
            reasons |= why
            stream.write(line(at, values) + "\n")
            stream.flush()
    sys.stdout.write(json.dumps(reasons))


def _ended(seconds: float) -> bool:
    """Whether standard input ends within so many seconds."""
    return bool(select.select([sys.stdin], [], [], seconds)[0]) and not os.read(sys.stdin.fileno(), 1)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
