"""Ctrl-C in the middle of `gradgauge run`: what is done is kept, the report can be made, and --resume finishes it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.provenance import ROOT
from benchmarks.records import RunFolder

pytestmark = pytest.mark.faults

COMMAND = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from gradgauge.cli import main; main()"


def _gradgauge(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command as the leader of a process group, as a terminal does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_ctrl_c_is_130_and_says_how_to_go_on(tmp_path: Path) -> None:
    options = ("-p", "sphere[n=4]", "-p", "mlp[width=8]", "-e", "spsa", "--budget", "1s", "--draws", "20", "--out", "made")
    started = _gradgauge(tmp_path, "run", "custom", *options)
    assert started.stderr is not None
    announced, first = started.stderr.readline(), started.stderr.readline()
    os.killpg(started.pid, signal.SIGINT)  # the workers get it too
    _, said = started.communicate(timeout=60)
    assert announced.startswith("14 cells, about ")
    assert first.startswith("[ 1/14]")
    assert started.returncode == 130, said
    assert "finish it:  gradgauge run --resume made" in said

    reported = _gradgauge(tmp_path, "report", "made")
    reported.communicate(timeout=120)
    assert reported.returncode == 0
    page = (tmp_path / "made" / "report.html").read_text()
    assert "missing" in page

    resumed = _gradgauge(tmp_path, "run", "--resume", "made")
    out, said = resumed.communicate(timeout=240)
    assert resumed.returncode == 0, said
    assert "14 planned cells: 14 ok" in out


def test_a_job_that_is_cancelled_is_130_keeps_what_is_done_and_leaves_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    options = ("-p", "sphere[n=4]", "-p", "mlp[width=8]", "-e", "spsa", "--budget", "1s", "--draws", "20", "--out", "made")
    started = _gradgauge(tmp_path, "run", "custom", *options)
    assert started.stderr is not None
    first = [started.stderr.readline() for _ in range(2)][1]
    assert list((tmp_path / "scratch").glob("gradgauge-*"))
    started.terminate()
    _, said = started.communicate(timeout=60)
    assert first.startswith("[ 1/14]")
    assert started.returncode == 130, said
    assert "finish it:  gradgauge run --resume made" in said
    assert RunFolder.open(tmp_path / "made").records()[0][0].outcome.done
    assert not list((tmp_path / "scratch").glob("gradgauge-*"))


def test_without_its_data_a_run_is_2_and_says_what_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # refuses connections, so that nothing is downloaded
    (tmp_path / "mine").mkdir()
    started = _gradgauge(tmp_path, "run", "custom", "-p", "mlp[data=cifar10]", "--data", "mine")
    out, said = started.communicate(timeout=60)
    assert started.returncode == 2
    assert out == ""
    assert f"cifar10 is not in {tmp_path / 'mine'}: asking OpenML for number 40927" in said
    assert "Put data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin (" in said
    assert f"into {tmp_path / 'mine' / 'cifar10'}, or name the folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_ctrl_c_while_data_are_waited_for_is_130_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = _gradgauge(tmp_path, "run", "custom", "-p", "mlp[data=mnist]", "--data", "mine")
        assert started.stderr is not None
        while "asking OpenML" not in (said := started.stderr.readline()):
            assert said, "it ended before it asked"
        os.killpg(started.pid, signal.SIGINT)
        started.communicate(timeout=60)
    assert started.returncode == 130
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
