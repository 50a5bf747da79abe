"""A user's builder that returns the wrong thing costs the cells of that problem alone."""

from pathlib import Path

import pytest

from benchmarks.records import Outcome, RunFolder
from benchmarks.request import Request
from benchmarks.runner import run

pytestmark = pytest.mark.faults

BUILDERS = """
import torch
from torch import nn

def fine(*, device, dtype, seed, width=4):
    return nn.Linear(3, width).to(device, dtype), nn.functional.mse_loss, (torch.ones(5, 3), torch.zeros(5, width))

def nothing(*, device, dtype, seed):
    return None

def without_loss(*, device, dtype, seed):
    return nn.Linear(3, 1), (torch.ones(5, 3), torch.zeros(5, 1))

def unreduced(*, device, dtype, seed):
    return nn.Linear(3, 1), lambda output, targets: output - targets, (torch.ones(5, 3), torch.zeros(5, 1))

def raising(*, device, dtype, seed):
    raise FileNotFoundError("my data are not here")

def takes_nothing():
    return None
"""
BAD = ("nothing", "without_loss", "unreduced", "raising", "takes_nothing", "absent")


def test_a_wrong_builder_fails_by_name_and_a_right_one_is_measured(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BUILDERS)
    problems = (f"{tmp_path}/mine.py:fine[width=2]", *(f"{tmp_path}/mine.py:{name}" for name in BAD))
    result = run(Request(suite="custom", problems=problems, measures=("memory",), out=tmp_path / "run"))
    records, _ = RunFolder.open(result.folder).records()
    by_name = {record.cell.problem.rpartition(":")[2]: record for record in records}
    assert result.exit_code == 3
    assert by_name["fine[width=2]"].outcome is Outcome.OK
    assert by_name["fine[width=2]"].facts["n"] == 3 * 2 + 2
    for name in BAD:
        assert by_name[name].outcome is Outcome.FAILED, name
        assert len(by_name[name].reason) > 20, name
    assert "my data are not here" in by_name["raising"].reason
    assert "0-dimensional" in by_name["unreduced"].reason


def test_an_error_in_the_middle_of_a_model_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import torch\nfrom torch import nn\n"
        "def build(*, device, dtype, seed):\n"
        "    return nn.Linear(3, 1), nn.functional.mse_loss, (torch.ones(5, 4), torch.zeros(5, 1))\n"
    )
    request = Request(suite="custom", problems=(f"{tmp_path}/mine.py:build",), measures=("memory",), out=tmp_path / "run")
    result = run(request)
    (record,) = RunFolder.open(result.folder).records()[0]
    assert result.exit_code == 4  # nothing at all was measured
    assert record.outcome is Outcome.FAILED
    assert "mat1 and mat2 shapes cannot be multiplied" in record.reason
