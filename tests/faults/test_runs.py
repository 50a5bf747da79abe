"""What goes wrong with a whole run: workers that do not start, data that cannot be had, a total budget far too small."""

from pathlib import Path

import pytest

from benchmarks.records import Outcome, RunFolder
from benchmarks.request import Request, UsageError
from benchmarks.runner import run

pytestmark = pytest.mark.faults

NOWHERE = "http://127.0.0.1:9"  # refuses connections, so that no test downloads


def test_where_no_worker_starts_every_cell_says_why(tmp_path: Path) -> None:
    (tmp_path / "estimators").mkdir()
    (tmp_path / "estimators" / "__init__.py").write_text("API_VERSION = 1\nraise ImportError('half an installation')\n")
    asked = Request("custom", (), ("beale",), ("memory", "cost"), estimators_from=tmp_path, out=tmp_path / "run")
    result = run(asked)
    records, _ = RunFolder.open(result.folder).records()
    assert result.exit_code == 4
    assert [record.outcome for record in records] == [Outcome.FAILED] * 2
    assert all("half an installation" in record.reason for record in records)


def test_data_that_cannot_be_had_end_the_run_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "__init__.py").write_text("raise ImportError('there is no scikit-learn here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    asked = Request("custom", (), ("beale", "logistic-regression"), ("memory",), out=tmp_path / "run")
    with pytest.raises(UsageError, match="digits could not be prepared: ImportError: there is no scikit-learn here"):
        run(asked)


def test_data_that_are_nowhere_end_the_run_before_anything_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", NOWHERE)
    asked = Request("custom", (), ("beale", "mlp[data=mnist]"), ("memory",), data=tmp_path, out=tmp_path / "run")
    with pytest.raises(
        UsageError, match=r"mnist is not in .*\nPut train-images-idx3-ubyte.gz, .* into .*mnist, or name the folder"
    ):
        run(asked)
    assert not (tmp_path / "run").exists()


def test_a_small_total_budget_leaves_marks_and_no_gaps(tmp_path: Path) -> None:
    asked = Request(
        "custom",
        ("forward-gradient[k=4]",),
        ("mlp", "rosenbrock"),
        ("cost", "quality"),
        precision=1e-9,  # never reached: each cell would take its whole budget of ten minutes
        budget=600.0,
        total_budget=4.0,
        out=tmp_path / "run",
    )
    result = run(asked)
    records, _ = RunFolder.open(result.folder).records()
    assert result.counts == {"ok": 8}
    assert all("imprecise" in record.marks for record in records if record.cell.kind == "cost")
    assert all(record.metrics for record in records)
