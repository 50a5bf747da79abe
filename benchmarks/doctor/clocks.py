"""The processor's clock: who governs it, whether it is virtual, and whether it kept its pace from beginning to end.

The pace is the time of a fixed piece of work of the interpreter, the fastest of many, so that being interrupted does not count.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.doctor.finding import Finding, Level, share
from benchmarks.harness.machine import throttle_count

STEADY = 0.1
"""Change of pace that is taken for granted; from four times as much on, what was measured first and last cannot be compared."""

_SPINS, _STEPS = 100, 5000
_CORES = Path("/sys/devices/system/cpu")
_INFO = Path("/proc/cpuinfo")
_PRODUCT = Path("/sys/class/dmi/id/sys_vendor")


@dataclass(frozen=True)
class ClockReading:
    """The processor's clock at one moment.

    Attributes:
        pace_ns: of the fixed piece of work.
        mhz: current frequency as far as it is reported, averaged over cores.
        highest_mhz: the highest allowed; None where it is not reported.
        governors: the policies that set the frequency; empty where the system shows none.
        throttled: times that heat slowed a core down since the machine started; None where it is not counted.
        virtual: whether this is a virtual machine.
        vendor: who made the machine, as far as the system says.
    """

    pace_ns: int
    mhz: float | None
    highest_mhz: float | None
    governors: tuple[str, ...]
    throttled: int | None
    virtual: bool
    vendor: str


def read_clocks(
    cores: Path = _CORES, info: Path = _INFO, product: Path = _PRODUCT, clock: Callable[[], int] = time.perf_counter_ns
) -> ClockReading:
    """Read everything; what the system does not show is left out.

    Args:
        cores: the kernel's folder of cores.
        info: the kernel's file about the processor.
        product: the kernel's file that names who made the machine.
        clock: returns nanoseconds.
    """
    frequency = psutil.cpu_freq()
    governors = {_text(path) for path in cores.glob("cpu[0-9]*/cpufreq/scaling_governor")}
    virtual = "hypervisor" in next((line.split() for line in _text(info).splitlines() if line.startswith("flags")), [])
    return ClockReading(
        pace_ns=pace(clock),
        mhz=frequency.current if frequency else None,
        highest_mhz=frequency.max if frequency and frequency.max else None,
        governors=tuple(sorted(governors - {""})),
        throttled=throttle_count(cores),
        virtual=virtual,
        vendor=_text(product),
    )


def pace(clock: Callable[[], int] = time.perf_counter_ns) -> int:
    """Nanoseconds of a fixed piece of work: the fastest of many."""
    return min(_spin(clock) for _ in range(_SPINS))


def clock_findings(before: ClockReading, after: ClockReading) -> list[Finding]:
    """What the clock did from one reading to the next, who governs it, and whose it is."""
    return [_pace(before, after), _governor(before), _host(before)]


def _pace(before: ClockReading, after: ClockReading) -> Finding:
    change = after.pace_ns / before.pace_ns - 1
    heat = (after.throttled or 0) - (before.throttled or 0)
    facts = {"change": change, "throttle_events": None if before.throttled is None else heat, "mhz": [before.mhz, after.mhz]}
    if heat > 0:
        said = f"heat slowed the processor down {heat} times meanwhile"
        return Finding("clock rate", Level.BAD, said, "Cool the machine, or set a lower highest frequency, and try again.", facts)
    slower = "slower" if change > 0 else "faster"
    said = f"the same work was {share(abs(change))} {slower} at the end than at the beginning"
    if abs(change) <= STEADY:
        return Finding("clock rate", Level.FINE, said, "Nothing to do.", facts)
    level = Level.CAUTION if abs(change) <= 4 * STEADY else Level.BAD
    advice = (
        "Let the machine come to rest and try again. Compare multiples from runs in turns (--processes), never absolute times."
    )
    return Finding("clock rate", level, said, advice, facts)


def _governor(reading: ClockReading) -> Finding:
    facts = {"governors": list(reading.governors), "mhz": reading.mhz, "highest_mhz": reading.highest_mhz}
    if not reading.governors:
        said = "the system does not show who sets the processor's frequency"
        return Finding(
            "governor", Level.FINE, said, "Nothing can be set here; multiples are taken in pairs for that reason.", facts
        )
    said = f"the frequency is set by the governor {' and '.join(reading.governors)}"
    if set(reading.governors) == {"performance"}:
        return Finding("governor", Level.FINE, said, "Nothing to do.", facts)
    return Finding("governor", Level.CAUTION, said, "For the least noise: sudo cpupower frequency-set -g performance.", facts)


def _host(reading: ClockReading) -> Finding:
    facts = {"virtual": reading.virtual, "vendor": reading.vendor or None}
    if not reading.virtual:
        return Finding("host", Level.FINE, "this is no virtual machine", "Nothing to do.", facts)
    said = f"this is a virtual machine{f' of {reading.vendor}' if reading.vendor else ''}: its host may slow it down unseen"
    return Finding(
        "host", Level.CAUTION, said, "Draw verdicts from several processes only, and look at the noise floor below.", facts
    )


def _spin(clock: Callable[[], int]) -> int:
    start, total = clock(), 0
    for i in range(_STEPS):
        total += i
    return clock() - start


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
