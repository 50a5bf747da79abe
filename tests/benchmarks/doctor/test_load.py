"""Other load is judged by what it leaves, and named core by core and process by process."""

import subprocess
import sys

import pytest

from benchmarks.doctor.finding import Level
from benchmarks.doctor.load import LoadReading, load_finding, meanwhile_finding, read_load


@pytest.mark.parametrize(
    ("cores", "threads", "level"),
    [
        ((0.01, 0.02, 0.0, 0.0), 1, Level.FINE),
        ((1.0, 0.0, 0.0, 0.0), 1, Level.CAUTION),  # three cores are left
        ((1.0, 0.9, 1.0, 0.9), 1, Level.BAD),
        ((1.0, 0.0, 0.0, 0.0), 4, Level.BAD),
    ],
    ids=["idle", "one-busy", "all-busy", "more-threads-than-free"],
)
def test_the_level_follows_from_what_is_left(cores: tuple[float, ...], threads: int, level: Level) -> None:
    assert load_finding(LoadReading(cores, (), 0.0), threads, usable=4.0).level is level


def test_cores_and_processes_are_named() -> None:
    finding = load_finding(LoadReading((0.5, 0.0), (("backup", 17, 0.48),), 0.0), 1, usable=2.0)
    assert "50%, 0%" in finding.said
    assert "backup (pid 17) 0.48" in finding.said
    assert finding.facts["processes"] == [{"name": "backup", "pid": 17, "cores": 0.48}]


def test_time_that_the_host_takes_is_bad_where_it_is_much() -> None:
    idle = (0.0, 0.0)
    assert load_finding(LoadReading(idle, (), 0.005), 1, 2.0).level is Level.FINE
    assert load_finding(LoadReading(idle, (), 0.03), 1, 2.0).level is Level.CAUTION
    assert load_finding(LoadReading(idle, (), 0.2), 1, 2.0).level is Level.BAD


@pytest.mark.parametrize(
    ("others", "level"),
    [([0.0, 1.0, 0.2, 0.9], Level.FINE), ([0.0, 2.0, 0.0, 0.1], Level.CAUTION), ([2.0, 2.0, 1.9, 0.0], Level.BAD)],
    ids=["a-core-is-left", "once", "mostly"],
)
def test_load_that_comes_in_between_is_noticed(others: list[float], level: Level) -> None:
    assert meanwhile_finding(others, threads=1, usable=2.0).level is level


def test_a_process_that_computes_is_seen() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            reading = read_load(1.0)
        finally:
            busy.kill()
    assert busy.pid in {pid for _, pid, _ in reading.processes}
    assert sum(reading.cores) > 0
    assert all(0 <= core <= 1 for core in reading.cores)
