"""Kill -9 of the driver at any moment, then --resume, as often as it takes: the records are those of an undisturbed run.

No finished cell is lost or measured again, and every number that does not come from a clock is the same.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.provenance import ROOT
from benchmarks.records import Record, RunFolder, latest
from benchmarks.request import Request
from benchmarks.runner import run

SMALL = Request("custom", ("spsa",), ("sphere[n=4]", "beale"), ("memory", "quality"), draws=8)
WHOLE = Request(
    "custom",
    ("spsa", "forward-gradient[k=2]", "checkpointed-backprop"),
    ("sphere[n=4]", "logistic-regression"),
    ("contract", "cost", "memory", "quality"),
    processes=2,
    budget=0.05,
    draws=8,
)
DRIVER = f"""
import json, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from benchmarks.request import Request
from benchmarks.runner import reopen, run
options, out = json.loads(sys.argv[1]), Path(sys.argv[2])
run(reopen(out, {{}}) if (out / "run.json").exists() else Request.of({{**options, "out": out}}))
"""
PASSING = {"kept", "other_load", "output", "throttle_events", "worker"}  # facts of the moment
OF_THE_PROCESS = {"process_peak_bytes"}  # what the kernel counts in pages, with all else that is in the process
RUSHED = {"contended", "imprecise", "throttled"}  # marks that depend on time


def _comparable(record: Record) -> dict[str, Any]:
    """Everything of a record that an undisturbed run says alike."""
    values = record.to_json()
    timed = values["kind"] == "cost"
    facts = {} if timed else {name: fact for name, fact in values["facts"].items() if name not in PASSING}
    passing_ones = OF_THE_PROCESS if not timed else {metric["metric"] for metric in values["metrics"]}
    metrics = [metric["metric"] if metric["metric"] in passing_ones else {**metric, "method": ""} for metric in values["metrics"]]
    marks = [mark for mark in values["marks"] if mark not in RUSHED]
    passing = {"started": "", "seconds": 0.0, "samples": {} if timed else values["samples"]}
    return {**values, "facts": facts, "metrics": metrics, "marks": marks, **passing}


def _finished(folder: Path) -> dict[str, dict[str, Any]]:
    """Cell -> what its last record says, where all records are whole."""
    records, damage = RunFolder.open(folder).records()
    assert damage == []
    return {record.cell.key: _comparable(record) for record in latest(records)}


def _session(asked: Request, folder: Path, cache: Path, seconds: float | None) -> int:
    """One process that starts or resumes the run, killed after so many seconds unless it ends before; its exit status."""
    environment = os.environ | {"GRADGAUGE_CACHE": str(cache)}
    command = [sys.executable, "-P", "-c", DRIVER, json.dumps(asked.options()), str(folder)]
    driver = subprocess.Popen(command, env=environment, cwd=folder.parent)
    try:
        return driver.wait(seconds)
    except subprocess.TimeoutExpired:
        driver.kill()
        return driver.wait()


def _disturbed(asked: Request, folder: Path, chance: random.Random, kills: int, seconds: float) -> int:
    """Kill the driver so often at random moments, then let it finish; the number of kills that met it at work."""
    met = 0
    for number in range(kills):
        before = RunFolder(folder).records()[0]
        status = _session(asked, folder, folder.parent / f"cache-{number}", chance.uniform(0.3, seconds))
        met += status == -signal.SIGKILL
        after = RunFolder(folder).records()[0]
        assert after[: len(before)] == before  # what was there stays as it was
    assert _session(asked, folder, folder.parent / "cache-last", None) == 0
    return met


def _hold_alike(asked: Request, tmp_path: Path, chance: random.Random, kills: int) -> None:
    """Compare a run whose driver is killed with one that is left alone."""
    start = time.monotonic()
    assert _session(asked, tmp_path / "whole", tmp_path / "cache", None) == 0
    seconds = time.monotonic() - start
    assert _disturbed(asked, tmp_path / "torn", chance, kills, seconds) > 0
    assert _finished(tmp_path / "torn") == _finished(tmp_path / "whole")
    records, _ = RunFolder.open(tmp_path / "torn").records()
    done = Counter(record.cell.key for record in records if record.outcome.done)
    assert set(done.values()) == {1}  # nothing that was finished was measured again


@pytest.mark.faults
def test_a_run_whose_driver_is_killed_ends_like_one_that_is_left_alone(tmp_path: Path) -> None:
    _hold_alike(SMALL, tmp_path, random.Random(1), kills=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_so_it_does_however_often_and_whatever_it_measures(tmp_path: Path, seed: int) -> None:
    _hold_alike(WHOLE, tmp_path, random.Random(seed), kills=8)


@pytest.mark.faults
def test_a_driver_killed_before_its_first_record_can_be_resumed(tmp_path: Path) -> None:
    made = run(Request("custom", (), ("beale",), ("memory",), out=tmp_path / "run"))
    (made.folder / "records.jsonl").unlink()
    assert _session(SMALL, made.folder, tmp_path / "cache", None) == 0
    assert len(_finished(made.folder)) == 1
