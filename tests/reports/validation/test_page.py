"""The page says what the tables say, and leaves out what is not there."""

import subprocess
import sys

import pytest

from benchmarks.provenance import ROOT
from benchmarks.validation.coverage import run
from benchmarks.validation.tables import write
from reports.validation.page import page, read

SIDE = {"planted": 0.0, "comparisons": 200, "slower": 1, "faster": 0, "same": 150, "undecided": 49, "mean_ratio": 1.0004}
FIGURES = {
    "sides": [{"side": "equal", "half_width": 0.021, **SIDE}],
    "limit": 0.0423,
    "floor": {"spread": 0.02, "pairs": 6, "cells": 4, "half_width": 0.0212},
    "own": {"spread": 0.018, "half_width": 0.0191, "limit": 0.0287},
    "steady_cells": 7,
    "steady_largest_limit": 0.0275,
}


@pytest.fixture
def folder(tmp_path):
    """All tables."""
    line = {"ratio": 0.8, "planted": 0.0}
    made = {"command": "python -m benchmarks.validation.trials", "written": "2026-01-02T03:04:05+00:00", "commit": "0123456789ab"}
    made |= {"cpu": {"name": "a processor", "cores_usable": 2.0}, "versions": {"torch": "2.13.0"}}
    write(tmp_path, "verdicts", [line], trials=made, processes=6, cells=20, figures=FIGURES)
    rival = {"tool": "asv 0", "setting": "-f 1.1", "comparisons": 100, "false_alarms": 13, "largest_change": 0.5}
    write(tmp_path, "rivals", [rival])
    run(tmp_path, lambda said: None, comparisons=10, counts=(6,))
    return tmp_path


def test_the_page_shows_every_table_with_its_command_and_place(folder):
    text = page(read(folder))
    assert "| equal code | 0 | 200 | 1 | 0 | 150 | 49 | 1.0004 | 2.10 % |" in text
    assert (
        "```bash\npython -m benchmarks.validation.trials\n```\n\n2026-01-02 03:04 UTC, a processor, 2 cores, torch 2.13.0" in text
    )
    assert "L = 4.23 %" in text
    steady = "7 have a standard deviation of 1 % or less over processes; their own detection limit is 2.75 % at most"
    assert steady in " ".join(text.split())


def test_the_three_tools_stand_side_by_side(folder):
    text = page(read(folder))
    assert "| asv 0 | `-f 1.1` | 100 | 13 | 50.00 % |" in text
    assert "| gradgauge | `gradgauge compare` (default) | 200 | 1 | 25.00 % |" in text


def test_what_is_not_there_is_left_out(folder):
    (folder / "verdicts.json").unlink()
    text = page(read(folder))
    assert "gradgauge compare` (default)" not in text
    assert "## Coverage" in text
    assert "planted slowdowns\n" not in text


def test_a_folder_without_trials_is_a_usage_error(tmp_path):
    command = [sys.executable, "-m", "reports.validation", str(tmp_path), "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "trials.json" in done.stderr
