"""Ctrl-C keeps what is done and resuming finishes it; a driver that dies takes its workers with it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from benchmarks.harness.machine import physical_cores
from benchmarks.journal import Status
from benchmarks.provenance import ROOT
from benchmarks.records import Outcome, RunFolder, latest
from benchmarks.request import Request, UsageError
from benchmarks.runner import plan, reopen, run

pytestmark = pytest.mark.faults

SLOW = """
import ctypes
from estimators.exact import Backprop
from estimators.estimator import Estimator

class Slow(Estimator):
    def declaration(self, shapes, batch):
        return Backprop().declaration(shapes, batch)
    def estimate(self, objective, state, *, generator):
        ctypes.PyDLL(None).sleep({seconds})  # in C, where no other thread of Python runs
        return Backprop().estimate(objective, state, generator=generator)
"""
DRIVER = """
import signal
import sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background hands on "ignore"
sys.path.insert(0, {root!r})
from benchmarks.request import Request
from benchmarks.runner import run
request = Request({suite!r}, ({estimator!r},), ("sphere[n=4]", "beale"), ("memory",), timeout=200, out=Path({out!r}))
sys.exit(run(request).exit_code)
"""


def _driver(folder: Path, suite: str = "custom") -> subprocess.Popen[bytes]:
    estimator = folder / "slow.py"
    estimator.write_text(SLOW.format(seconds=60))
    script = DRIVER.format(root=str(ROOT), suite=suite, estimator=f"{estimator}:Slow", out=str(folder / "run"))
    return subprocess.Popen([sys.executable, "-c", script], cwd=folder)


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def _lines(folder: Path) -> int:
    path = folder / "run" / "records.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_ctrl_c_keeps_what_is_done_and_resuming_finishes_it(tmp_path: Path) -> None:
    driver = _driver(tmp_path)
    _until(lambda: _lines(tmp_path) >= 1)  # backprop on the first problem; a worker now sleeps in the slow one
    workers = psutil.Process(driver.pid).children(recursive=True)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(30) == 130
    assert psutil.wait_procs(workers, timeout=10)[1] == []

    folder = RunFolder.open(tmp_path / "run")
    before, damage = folder.records()
    assert damage == []
    outcomes = [record.outcome for record in before]
    done = outcomes.count(Outcome.OK)
    assert 1 <= done <= 2
    assert set(outcomes) == {Outcome.OK, Outcome.INTERRUPTED}

    (tmp_path / "slow.py").write_text(SLOW.format(seconds=0))
    result = run(reopen(tmp_path / "run", {}))
    after = folder.records()[0]
    assert result.exit_code == 0
    assert result.counts == {"ok": 4}
    assert after[: len(before)] == before
    assert len(after) == len(before) + 4 - done  # successes are not repeated
    assert {record.cell for record in latest(after)} == set(folder.planned())
    assert [session["interrupted"] for session in folder.header()["sessions"]] == [True, False]


def test_full_is_resumed_with_the_effort_it_was_started_with(tmp_path: Path) -> None:
    driver = _driver(tmp_path, "full")
    _until(lambda: _lines(tmp_path) >= 5)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(30) == 130
    folder = RunFolder.open(tmp_path / "run")
    done = {record.cell for record in folder.records()[0] if record.outcome.done}

    (tmp_path / "slow.py").write_text(SLOW.format(seconds=0))
    request = reopen(tmp_path / "run", {})
    assert request.effort() == folder.header()["effort"]
    left = {planned.cell for planned in plan(request).cells}
    assert left == set(folder.planned()) - done
    assert len(done) >= 4
    assert run(request).exit_code == 0
    assert {record.cell for record in latest(folder.records()[0]) if record.outcome.done} == set(folder.planned())


def test_a_driver_that_is_killed_leaves_no_worker_behind(tmp_path: Path) -> None:
    driver = _driver(tmp_path)
    _until(lambda: _lines(tmp_path) >= 1)
    workers = psutil.Process(driver.pid).children(recursive=True)
    assert workers
    driver.kill()
    driver.wait()
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    with RunFolder.open(tmp_path / "run").writing():  # the lock went with it
        pass


def test_a_worker_that_is_killed_costs_one_cell_and_one_that_only_starts_costs_none(tmp_path: Path) -> None:
    killed: list[bool] = []

    def strike(status: Status) -> None:
        """Kill the first worker before it is ready, and the next one with a cell in hand."""
        workers = psutil.Process().children()
        if workers and len(killed) < 2 and bool(status.running) is bool(killed):
            workers[0].kill()
            killed.append(bool(status.running))

    (tmp_path / "slow.py").write_text(SLOW.format(seconds=0))
    estimators = (f"{tmp_path}/slow.py:Slow",)
    asked = Request("custom", estimators, ("beale",), ("memory",), threads=physical_cores(), out=tmp_path / "run")
    result = run(asked, strike)
    records, _ = RunFolder.open(result.folder).records()
    assert killed == [False, True]
    assert [record.outcome for record in records] == [Outcome.FAILED, Outcome.OK]
    assert records[0].reason == "the worker was killed by signal SIGKILL"


def test_workers_that_are_all_killed_end_the_run_with_the_reason(tmp_path: Path) -> None:
    def strike(status: Status) -> None:
        for worker in psutil.Process().children():
            worker.kill()

    result = run(Request("custom", (), ("beale",), ("memory",), out=tmp_path / "run"), strike)
    records, _ = RunFolder.open(result.folder).records()
    assert result.exit_code == 4
    assert [record.reason for record in records] == ["a worker did not start: the worker was killed by signal SIGKILL"]


def test_resuming_repeats_failures_and_not_successes(tmp_path: Path) -> None:
    estimator = tmp_path / "mine.py"
    estimator.write_text("raise OSError('not yet')\n")
    asked = Request("custom", (f"{estimator}:Slow",), ("beale",), ("memory",), out=tmp_path / "run")
    assert run(asked).counts == {"ok": 1, "failed": 1}
    estimator.write_text(SLOW.format(seconds=0))
    assert run(reopen(tmp_path / "run", {"suite": "custom", "seed": 0})).counts == {"ok": 2}
    assert _lines(tmp_path) == 3
    with pytest.raises(UsageError, match="seed was 0 and is now 1"):
        reopen(tmp_path / "run", {"seed": 1})


def test_a_worker_ends_what_it_started(tmp_path: Path) -> None:
    estimator = tmp_path / "children.py"
    estimator.write_text(
        "import subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from estimators.exact import Backprop\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"Path({str(tmp_path)!r}, 'child').write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    request = Request("custom", (f"{estimator}:Backprop",), ("beale",), ("memory",), timeout=8.0, out=tmp_path / "run")
    assert run(request).counts == {"ok": 1, "timeout": 1}
    child = int((tmp_path / "child").read_text())
    _until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE, 10)


def test_trials_in_the_background_of_a_shell_are_ended_by_sigterm_with_their_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a shell has SIGINT ignored."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    trials = [sys.executable, "-m", "benchmarks.validation.trials", "--out", str(tmp_path / "trials")]
    started = subprocess.Popen(["sh", "-c", 'trap "" INT; exec "$@"', "sh", *trials], cwd=ROOT, stdout=subprocess.DEVNULL)
    driver = psutil.Process(started.pid)
    _until(lambda: bool(driver.children()))
    workers = driver.children(recursive=True)
    driver.send_signal(signal.SIGINT)
    driver.send_signal(signal.SIGTERM)
    assert started.wait(30) == 130
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    assert not list((tmp_path / "scratch").glob("gradgauge-*"))
