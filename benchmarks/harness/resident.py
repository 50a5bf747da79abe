"""The peak of this process's resident memory during a piece of work, by Linux's own high-water mark.

It holds what the exact peak of tensor bytes does not: what libraries allocate for themselves, the tape's own objects, and what
the allocator rounds up. It counts pages, and the kernel keeps it only nearly (a processor at a time), so that it does not repeat
to the byte and says little below a MiB. Free memory that the process still holds is given back first, or new work would hide in
it.
"""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness.clock import collector_off

_PROCESS = Path("/proc/self")
_RESET = "5"  # of /proc/PID/clear_refs: the high-water mark becomes what is resident now
_KIB = 1024


def resident_peak(work: Callable[[], Any], process: Path = _PROCESS) -> int | None:
    """Bytes by which the resident memory grew at most while `work` ran.

    Args:
        work: what it returns is held until the mark has been read.
        process: the folder in which the kernel tells of this process.

    Returns:
        None where the kernel keeps no such mark, or does not let it be reset.
    """
    with collector_off():
        _give_back()
        before = _reset(process)
        if before is None:
            return None
        held = work()
        after = _high_water(process)
        del held
    return None if after is None else max(0, after - before)


def _reset(process: Path) -> int | None:
    """Set the mark to what is resident now; where it stands then."""
    try:
        (process / "clear_refs").write_text(_RESET)
    except OSError:
        return None
    return _high_water(process)


def _high_water(process: Path) -> int | None:
    for line in (process / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * _KIB
    return None


def _give_back() -> None:
    """Return free memory to the kernel, where the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
