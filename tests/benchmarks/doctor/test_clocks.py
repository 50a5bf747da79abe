"""The processor's clock: a pace that changes, heat, governors, and virtual machines are told from readings."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from benchmarks.doctor.clocks import ClockReading, clock_findings, read_clocks
from benchmarks.doctor.finding import Finding, Level

STEADY = ClockReading(
    pace_ns=100_000, mhz=3000.0, highest_mhz=3500.0, governors=("performance",), throttled=0, virtual=False, vendor="ACME"
)


def findings(before: ClockReading = STEADY, **after: object) -> dict[str, Finding]:
    return {one.check: one for one in clock_findings(before, replace(before, **after))}  # type: ignore[arg-type]


def test_a_steady_governed_physical_machine_is_fine() -> None:
    assert {one.level for one in findings().values()} == {Level.FINE}


@pytest.mark.parametrize(
    ("pace", "level"), [(104_000, Level.FINE), (115_000, Level.CAUTION), (80_000, Level.CAUTION), (150_000, Level.BAD)]
)
def test_a_clock_that_goes_bad_meanwhile_is_noticed(pace: int, level: Level) -> None:
    finding = findings(pace_ns=pace)["clock rate"]
    assert finding.level is level
    assert ("slower" if pace > 100_000 else "faster") in finding.said


def test_heat_is_bad_however_steady_the_pace() -> None:
    finding = findings(throttled=3)["clock rate"]
    assert finding.level is Level.BAD
    assert "3 times" in finding.said


def test_a_governor_that_saves_power_is_a_caution_with_the_command_to_run() -> None:
    finding = findings(replace(STEADY, governors=("performance", "powersave")))["governor"]
    assert finding.level is Level.CAUTION
    assert "cpupower frequency-set -g performance" in finding.advice


def test_what_the_system_does_not_show_is_no_fault() -> None:
    unknown = replace(STEADY, governors=(), throttled=None, mhz=None, highest_mhz=None)
    assert {one.level for one in findings(unknown).values()} == {Level.FINE}


def test_a_virtual_machine_is_a_caution_and_names_its_maker() -> None:
    finding = findings(replace(STEADY, virtual=True))["host"]
    assert finding.level is Level.CAUTION
    assert "ACME" in finding.said


def test_governors_heat_and_hypervisor_are_read_from_the_kernels_files(tmp_path: Path) -> None:
    for core, governor in enumerate(("powersave", "powersave")):
        folder = tmp_path / f"cpu{core}"
        (folder / "cpufreq").mkdir(parents=True)
        (folder / "cpufreq" / "scaling_governor").write_text(governor + "\n")
        (folder / "thermal_throttle").mkdir()
        (folder / "thermal_throttle" / "core_throttle_count").write_text("2\n")
    (tmp_path / "cpuinfo").write_text("model name : X\nflags : fpu hypervisor avx2\n")
    ticks = count(0, 7)
    reading = read_clocks(tmp_path, tmp_path / "cpuinfo", tmp_path / "none", clock=lambda: next(ticks))
    assert reading.governors == ("powersave",)
    assert reading.throttled == 4
    assert reading.virtual
    assert reading.vendor == ""
    assert reading.pace_ns == 7
