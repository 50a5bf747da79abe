"""Devices by name from the command line, on a library that stands in for the driver's: named, pinned, locked, kept in run.json.

Its boards do not exist, so that a worker cannot compute there; everything up to that is what it is with a real one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.harness.gpu import TESTED, locked
from benchmarks.provenance import ROOT
from tests.benchmarks.harness.stub_nvml import built

L4, H200 = "GPU-0b0b0b0b-0000-0000-0000-000000000002", "GPU-0a0a0a0a-0000-0000-0000-000000000001"
SCRIPT = """
import sys
from gradgauge.cli import app
afterwards, *arguments = sys.argv[1:]
try:
    app(arguments)
except SystemExit as end:
    status = end.code
exec(afterwards)
sys.exit(status)
"""
RUN = ("run", "custom", "-e", "backprop", "-p", "sphere[n=2]", "--measure", "memory")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("driver")).parent


def command(library: Path, arguments: Sequence[str], afterwards: str = "") -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, which alone can take another library; then some code in the same process."""
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    environment |= {"LD_LIBRARY_PATH": str(library), "PYTHONPATH": str(ROOT)}
    script = [sys.executable, "-c", SCRIPT, afterwards, *arguments]
    return subprocess.run(script, capture_output=True, text=True, env=environment, check=False)


def test_devices_are_listed_by_the_names_that_are_taken(library: Path) -> None:
    lines = command(library, ["list", "devices"]).stdout.splitlines()
    assert lines[1:] == [f"cuda:0  Stub L4  [{L4}]", f"cuda:1  Stub H200  [{H200}]"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["run", "--device", "name:stub"], "'name:stub' names 2 GPUs"),
        (["doctor", "--device", "cuda:2"], "'cuda:2' names no GPU"),
        (["run", "--device", "GPU-0"], "'GPU-0' names 2 GPUs"),
    ],
)
def test_no_or_several_devices_are_exit_code_2_with_what_there_is(library: Path, asked: list[str], words: str) -> None:
    done = command(library, asked)
    assert done.returncode == 2
    assert words in done.stderr
    assert f"cuda:1 Stub H200 ({H200})" in done.stderr


def test_a_device_that_another_run_holds_is_exit_code_2(library: Path, tmp_path: Path) -> None:
    with locked(H200):
        done = command(library, [*RUN, "--device", "name:h200", "--out", str(tmp_path / "run")])
    assert done.returncode == 2
    assert f"{H200} is in use by another run on this host" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_run_pins_its_workers_and_keeps_the_gpu_without_making_a_context_itself(library: Path, tmp_path: Path) -> None:
    """The driver process has loaded the driver's management library alone: neither torch nor CUDA."""
    seen = (
        "print([name for name in ('libnvidia-ml', 'libcuda') if name in open('/proc/self/maps').read()], 'torch' in sys.modules)"
    )
    out = tmp_path / "run"
    done = command(library, [*RUN, "--device", "name:h200", "--out", str(out)], seen)
    assert done.stdout.splitlines()[-1] == "['libnvidia-ml'] False"
    header = json.loads((out / "run.json").read_text())
    assert header["options"]["device"] == H200
    environment = header["provenance"]["environment"]
    assert (environment["CUDA_VISIBLE_DEVICES"], environment["CUDA_DEVICE_ORDER"]) == (H200, "PCI_BUS_ID")
    kept = header["provenance"]["nvml"]
    assert (kept["name"], kept["uuid"], kept["driver"], kept["paths_tested"]) == ("Stub H200", H200, "580.0-stub", TESTED)
    assert kept["persistence"] is None
    assert "NVMLError_FunctionNotFound" in kept["missing"]["persistence"]
    [record] = [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]
    assert record["device"] == H200
    assert record["facts"]["gpu"]["other_processes"] == []
    with locked(H200):
        assert command(library, ["run", "--resume", str(out)]).returncode == 2
    resumed = command(library, ["run", "--resume", str(out)])
    assert resumed.returncode == done.returncode  # the lock is free again, and what failed is tried again
    assert len((out / "records.jsonl").read_text().splitlines()) == 2
