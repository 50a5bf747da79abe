"""Kill -9 of a search for learning rates, then --resume: it ends with the rates that an undisturbed one ends with."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.provenance import ROOT
from benchmarks.records import RunFolder

ASKED = ("-e", "spsa", "-p", "sphere[n=4]", "--trials", "4", "--steps", "3000", "--range", "1e-3..1")
PATIENCE = 120.0  # seconds until the first trial is over, at most


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "gradgauge", "tune", *arguments]


def _finished(folder: Path, *arguments: str) -> bytes:
    subprocess.run(_command(*arguments), env=_environment(), check=True, capture_output=True)
    return (folder / "learning-rates.csv").read_bytes()


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.mark.slow
@pytest.mark.parametrize("trials_done", [1, 4])
def test_a_search_that_was_killed_ends_like_one_that_was_left_alone(tmp_path: Path, trials_done: int) -> None:
    whole = _finished(tmp_path / "whole", *ASKED, "--out", str(tmp_path / "whole"))
    torn = tmp_path / "torn"
    driver = subprocess.Popen(_command(*ASKED, "--out", str(torn)), env=_environment(), stderr=subprocess.DEVNULL)
    begun = time.monotonic()
    while not (torn / "records.jsonl").exists() or len(RunFolder(torn).records()[0]) < trials_done:
        assert driver.poll() is None
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.02)
    driver.kill()
    assert driver.wait() == -signal.SIGKILL
    assert not (torn / "learning-rates.csv").exists()
    assert _finished(torn, "--resume", str(torn)) == whole
    cells = [record.cell for record in RunFolder.open(torn).records()[0]]
    assert len(cells) == len(set(cells)) == 8  # four trials of two methods, none twice
