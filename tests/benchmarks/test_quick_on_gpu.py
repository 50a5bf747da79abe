"""The suite `quick` on a real GPU: `python -m pytest -m gpu tests/benchmarks/test_quick_on_gpu.py` prints how long it took."""

import sys
import time

import pytest

from benchmarks.harness.probe import GpuProbe
from benchmarks.request import Request
from benchmarks.runner import run
from benchmarks.verdicts import FINE

pytestmark = pytest.mark.gpu

PROMISED_S = 120


def test_quick_measures_everything_and_tells_how_long_it_took(tmp_path, capsys):
    with GpuProbe() as probe:
        if probe.absent or not (found := probe.devices()):
            pytest.skip(probe.absent or "the driver reports no GPU")
    start = time.monotonic()
    result = run(Request("quick", device=found[0].uuid, out=tmp_path / "run"))
    with capsys.disabled():
        sys.stdout.write(f"\nquick took {time.monotonic() - start:.0f} s on {found[0].name}, of {PROMISED_S} s promised\n")
    assert result.exit_code == FINE
    assert set(result.counts) <= {"ok", "skipped"}
