"""What a worker can be asked to read for the doctor and for a run, by name: torch is needed for it."""

from collections.abc import Callable
from typing import Any

from benchmarks.doctor.multiples import read_multiple
from benchmarks.doctor.overhead import read_overhead
from benchmarks.doctor.threads import read_threads
from benchmarks.doctor.ways import read_forward_mode
from benchmarks.harness.ceilings import read_ceilings
from benchmarks.profiling.tracing import read_profile

PROBES: dict[str, Callable[..., Any]] = {
    "ceilings": read_ceilings,
    "equal code": read_multiple,
    "forward mode": read_forward_mode,
    "overhead": read_overhead,
    "profile": read_profile,
    "threads": read_threads,
}
"""Name -> function of keyword arguments that returns JSON values."""
