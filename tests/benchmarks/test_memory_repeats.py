"""Memory figures of a sweep are the same to the byte in two runs, each with workers of its own that take other cells first."""

from pathlib import Path

import pytest

from benchmarks.records import RunFolder, latest
from benchmarks.request import Request
from benchmarks.runner import run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("suite", ["dimensions", "depth", "tangents"])
def test_two_runs_of_a_sweep_agree_to_the_byte(suite: str, tmp_path: Path) -> None:
    first, second = (peaks(suite, tmp_path / name) for name in ("first", "second"))
    assert len(first) > 50
    assert first == second


def peaks(suite: str, folder: Path) -> dict[tuple[str, str], dict[str, float | None]]:
    """(estimator, problem) -> the metrics of memory that are bytes, of one run."""
    result = run(Request(suite, measures=("memory",), out=folder))
    assert result.exit_code == 0
    return {
        (record.cell.estimator, record.cell.problem): {metric.metric: metric.value for metric in record.metrics}
        for record in latest(RunFolder.open(folder).records()[0])
    }
