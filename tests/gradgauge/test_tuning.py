"""`tune` finds a rate for every method with the same trials, resumes where it was, and writes what `run` reads."""

import csv
import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.rates import read_rates
from benchmarks.records import Outcome, RunFolder
from gradgauge import tuning
from gradgauge.cli import app

SMALL = ("tune", "-e", "forward-gradient", "-p", "sphere[n=4]", "--trials", "3", "--steps", "30", "--range", "1e-3..1")


def _invoke(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search of two methods."""
    folder = tmp_path_factory.mktemp("tuned") / "search"
    result = _invoke(*SMALL, "--out", str(folder))
    assert result.exit_code == 0, result.output
    assert "forward-gradient[k=1] by sgd" in result.stdout
    return folder


def test_every_method_has_the_same_number_of_trials_backprop_included(found: Path) -> None:
    records, _ = RunFolder.open(found).records()
    trials = [record.cell.estimator.partition("[")[0] for record in records]
    assert {name: trials.count(name) for name in trials} == {"backprop": 3, "forward-gradient": 3}
    assert {record.cell.seed for record in records} == {tuning.SEED}


def test_the_file_is_what_run_reads_and_holds_the_lowest_loss(found: Path) -> None:
    rates = {rate.estimator.partition("[")[0]: rate.lr for rate in read_rates(found / tuning.TABLE)}
    losses: dict[str, list[tuple[float, float]]] = {}
    for record in RunFolder.open(found).records()[0]:
        final = [metric.value for metric in record.metrics if metric.metric == "final_loss" and metric.value is not None]
        lr = float(record.cell.rule.partition("lr=")[2].partition(",")[0])
        losses.setdefault(record.cell.estimator.partition("[")[0], []).extend((float(value), lr) for value in final)
    assert rates == {name: min(pairs)[1] for name, pairs in losses.items()}


def test_a_search_that_lost_a_trial_goes_on_and_ends_the_same(found: Path, tmp_path: Path) -> None:
    copy = tmp_path / "search"
    copy.mkdir()
    for name in ("run.json", "search.json"):
        (copy / name).write_bytes((found / name).read_bytes())
    lines = (found / "records.jsonl").read_bytes().splitlines(keepends=True)
    (copy / "records.jsonl").write_bytes(b"".join(lines[:-1]))
    result = _invoke("tune", "--resume", str(copy))
    assert result.exit_code == 0, result.output
    assert (copy / tuning.TABLE).read_bytes() == (found / tuning.TABLE).read_bytes()
    assert len(RunFolder.open(copy).records()[0]) == len(lines)


def test_a_finished_search_is_not_trained_again(found: Path) -> None:
    before = (found / "records.jsonl").read_bytes()
    assert _invoke("tune", "--resume", str(found)).exit_code == 0
    assert (found / "records.jsonl").read_bytes() == before


def test_what_differs_from_how_it_was_started_is_refused(found: Path) -> None:
    result = _invoke("tune", "--resume", str(found), "--trials", "5")
    assert result.exit_code == 2
    assert "trials was 3 and is now 5" in result.stderr


def test_a_preview_writes_and_trains_nothing(tmp_path: Path) -> None:
    result = _invoke(*SMALL, "--out", str(tmp_path / "none"), "--dry-run")
    assert result.exit_code == 0
    assert "2 methods, 3 trials of each between 0.001 and 1, about " in result.stdout
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--range", "1..0.1"), "expected two positive numbers"),
        (("--range", "fast"), "such as 1e-6..1"),
        (("--trials", "1"), "at least 2"),
        (("--select", "bets"), "'best'"),
        (("--rule", "sgdd"), "unknown rule 'sgdd'"),
        (("--resume", "nowhere"), "is no search"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = _invoke("tune", "--out", str(tmp_path / "x"), *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "x").exists()


def test_without_the_extra_it_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "optuna" else found(name, *more))
    result = _invoke("tune", "-p", "sphere")
    assert result.exit_code == 2
    assert "needs the extra `tune`" in result.stderr


@pytest.mark.slow
def test_all_failed_is_said_and_nothing_was_measured(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise RuntimeError('no')\n")
    folder = tmp_path / "search"
    result = _invoke("tune", "-e", f"{broken}:Mine", "-p", "sphere[n=2]", "--trials", "2", "--steps", "2", "--out", str(folder))
    assert result.exit_code == 3
    assert "no rate: every training diverged or failed" in result.stdout
    with (folder / tuning.TABLE).open(newline="") as stream:
        assert [line["estimator"] for line in csv.DictReader(stream)] == ["backprop"]
    assert {record.outcome for record in RunFolder.open(folder).records()[0]} == {Outcome.OK, Outcome.FAILED}
    assert json.loads((folder / "search.json").read_text())["trials"] == 2
