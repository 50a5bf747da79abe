"""What the driver knows about its machine: process trees, memory, and how busy others are."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.harness.machine import (
    Load,
    available_bytes,
    describe,
    load_now,
    other_load,
    physical_cores,
    resident_bytes,
    throttle_count,
    tree,
    usable_cores,
)

HOLD = "import sys; block = bytearray(60_000_000); print('held', flush=True); sys.stdin.read()"
FAMILY = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.communicate()


def test_memory_of_a_tree_includes_that_of_children(family: subprocess.Popen[bytes]) -> None:
    assert len(tree(family.pid)) == 2
    assert resident_bytes(tree(family.pid)) > 60_000_000
    assert psutil.Process(family.pid).memory_info().rss < resident_bytes(tree(family.pid))


def test_a_process_that_is_gone_has_no_tree_and_no_memory() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert tree(process.pid) == []
    assert resident_bytes(tree(process.pid)) == 0


def test_load_of_others_is_what_is_neither_idle_nor_our_own() -> None:
    assert other_load(Load(0.0, 100.0, 5.0), Load(2.0, 103.0, 6.0)) == pytest.approx(1.0)
    assert other_load(Load(0.0, 100.0, 5.0), Load(2.0, 101.0, 7.0)) == 0.0
    assert other_load(Load(1.0, 1.0, 1.0), Load(1.0, 1.0, 1.0)) == 0.0
    assert other_load(Load(1.0, 1.0, 1.0), Load(1.02, 1.03, 1.0)) == 0.0  # two ticks of the kernel say nothing


def test_throttling_is_counted_over_cores_and_missing_is_not_zero(tmp_path: Path) -> None:
    assert throttle_count(tmp_path) is None
    for core, count in (("cpu0", "3\n"), ("cpu1", "0\n"), ("cpufreq", "7\n")):
        (tmp_path / core / "thermal_throttle").mkdir(parents=True)
        (tmp_path / core / "thermal_throttle" / "core_throttle_count").write_text(count)
    assert throttle_count(tmp_path) == 3


def test_readings_of_load_only_grow() -> None:
    before = load_now(os.getpid())
    sum(range(2_000_000))
    after = load_now(os.getpid())
    assert after.at > before.at
    assert after.busy >= before.busy
    assert after.own >= before.own


def test_the_machine_is_described_within_its_means() -> None:
    facts = describe()
    assert 0 < facts["memory"]["available_bytes"] <= facts["memory"]["total_bytes"]
    assert 1 <= physical_cores() <= max(1, usable_cores()) <= facts["cpu"]["cores_logical"]
    assert available_bytes() <= psutil.virtual_memory().total
    assert facts["cpu"]["name"]
