"""`gradgauge compare` on two versions of the estimators: commits or folders in, a comparison and an exit code out."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import gradgauge
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.problems.registry import PROBLEMS
from benchmarks.provenance import ROOT
from benchmarks.records import RunFolder
from benchmarks.request import Request, UsageError
from benchmarks.turns import measure_in_turns
from estimators.registry import ESTIMATORS
from gradgauge.cli import app
from gradgauge.settling import to_settle
from tests.planted import ONE_MORE_CALL

FEW = ("-e", "spsa", "-p", "beale", "--measure", "cost,memory", "--budget", "20ms")


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of the estimators as they are (tag cheap), and then with one evaluation more of the loss (tag dear)."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "estimators", folder / "estimators", ignore=shutil.ignore_patterns("__pycache__"))
    _git(folder, "init")
    for tag in ("cheap", "dear"):
        _git(folder, "add", ".")
        _git(folder, "commit", "-m", f"This is {tag}")
        _git(folder, "tag", tag)
        with (folder / "estimators" / "directional" / "estimator.py").open("a") as file:
            file.write(ONE_MORE_CALL if tag == "cheap" else "")
    return folder


@pytest.fixture
def within(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command `compare`, started in the repository."""
    monkeypatch.chdir(repository)
    return lambda *arguments: CliRunner().invoke(app, ["compare", *map(str, arguments)], env={"COLUMNS": "100"})


def test_two_commits_are_measured_by_one_ruler_and_compared(within, repository: Path, tmp_path: Path) -> None:
    options = (*FEW, "--processes", "1", "--noise-floor", "3%", "--format", "json", "--out", tmp_path / "out")
    done = within("--commits", "cheap..dear", *options)
    assert done.exit_code == 1, done.output
    values = json.loads(done.stdout)
    exact = {
        (row["estimator"].partition("[")[0], row["metric"]): (row["base"], row["new"], row["verdict"]) for row in values["rows"]
    }
    assert exact["spsa", "forward_calls"] == (2, 3, "more")
    assert exact["backprop", "forward_calls"] == (1, 1, "equal")
    assert {row["reason"].partition(":")[0] for row in values["rows"] if row["metric"] == "multiple"} == {
        "a claim that two things differ needs several processes"
    }
    headers = [RunFolder.open(tmp_path / "out" / side).header() for side in ("base", "new")]
    assert [header["provenance"]["estimators"]["commit"] for header in headers] == [
        _git(repository, "rev-parse", tag) for tag in ("cheap", "dear")
    ]
    assert {header["provenance"]["ruler"]["digest"] for header in headers} == {headers[0]["provenance"]["ruler"]["digest"]}
    assert "BASE cheap" in done.stderr
    assert "This is dear" in done.stderr
    assert "new: ok" in done.stderr
    assert " cells in 1 pair of fresh processes" in done.stderr

    again = within("--resume", tmp_path / "out", "--noise-floor", "3%", "--format", "json")
    assert again.exit_code == 1
    assert json.loads(again.stdout)["rows"] == values["rows"]
    assert "new: ok" not in again.stderr

    floor = NoiseFloor(Place("here", "a processor", "cpu", 1, "2.13.0"), "2026-11-21T10:00:00+00:00", 0.2, 0.2, 20, 6, 4)
    (tmp_path / "out" / "noise-floor.json").write_text(json.dumps(floor.to_json()))
    known = within("--resume", tmp_path / "out", "--format", "json")
    assert json.loads(known.stdout)["noise_floor"] == pytest.approx(floor.half_width(6))
    assert "gradgauge doctor" not in known.stderr
    (tmp_path / "out" / "noise-floor.json").write_text("{}")
    damaged = within("--resume", tmp_path / "out")
    assert (damaged.exit_code, "noise-floor.json holds no noise floor" in damaged.stderr) == (2, True)
    refused = within("--commits", "cheap..dear", *options)
    assert (refused.exit_code, "holds a comparison already" in refused.stderr) == (2, True)


def test_trainings_of_two_versions_are_compared_seed_by_seed(within, tmp_path: Path) -> None:
    training = ("--measure", "training", "--rule", "sgd[lr=0.0001]", "--steps", "20", "--seeds", "2")
    options = ("-e", "spsa", "-p", "beale", *training, "--processes", "1", "--format", "json", "--out", tmp_path / "out")
    done = within("--commits", "cheap..dear", *options)
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    ends = {row["estimator"].partition("[")[0]: row for row in rows if row["metric"] == "final_loss"}
    assert {name: (row["verdict"], row["base"] == row["new"], row["base_count"]) for name, row in ends.items()} == {
        "backprop": ("same", True, 2),
        "spsa": ("same", True, 2),
    }
    assert {row["rule"] for row in rows} == {"sgd[lr=0.0001,momentum=0.0,nesterov=false]"}


def test_what_was_interrupted_between_its_two_folders_can_be_started_again(within, tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "out" / "base", {"run": "base", "cells": []})
    resumed = within("--resume", tmp_path / "out")
    assert (resumed.exit_code, f"start it again with --out {tmp_path / 'out'}" in resumed.stderr) == (2, True)
    options = ("-e", "spsa", "-p", "beale", "--measure", "memory", "--out", tmp_path / "out")
    started = within("--commits", "cheap..dear", *options)
    assert started.exit_code == 0, started.output
    assert within("--commits", "cheap..dear", *options).exit_code == 2


def test_an_older_interface_leaves_nothing_to_compare(within, tmp_path: Path) -> None:
    (tmp_path / "estimators").mkdir()
    (tmp_path / "estimators" / "__init__.py").write_text("API_VERSION = 0\n")
    done = within(tmp_path, ".", *FEW, "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert "skipped in BASE: API_VERSION 0, this ruler needs 1" in " ".join(done.stdout.split())
    assert "Nothing could be compared" in done.stdout


def test_a_preview_names_versions_cells_and_time_and_measures_nothing(within, repository: Path) -> None:
    done = within("--commits", "cheap..", "--dry-run")
    assert done.exit_code == 0
    assert "BASE cheap" in done.stdout
    assert "multi-tangent[k=4]" in done.stdout
    assert "204 cells in 6 pairs of fresh processes, about " in done.stdout
    assert not (repository / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "expected BASE and NEW, or --commits A..B, or --resume DIR"),
        (["."], "expected BASE and NEW"),
        (["cheap", "dear"], "cheap is no run folder: it has no run.json, and it holds no package `estimators` either"),
        ([".", "."], "BASE and NEW are the same folder"),
        ([".", "elsewhere", "--commits", "cheap..dear"], "expected either two folders or --commits, got both"),
        (["--commits", "cheap..cheep"], "'cheep' is no commit, branch or tag of"),
        (["--commits", "cheap..dear", "-e", "spza"], "unknown estimator 'spza': did you mean 'spsa'?"),
        (["--commits", "cheap..dear", "--suite", "quik"], "unknown suite 'quik': did you mean 'quick'?"),
        (["--resume", "nowhere"], "nowhere/base is no run folder: it has no run.json"),
        (["--resume", "nowhere", "--processes", "8"], "processes cannot be given with --resume"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(within, arguments: list[str], words: str) -> None:
    done = within(*arguments)
    assert done.exit_code == 2, done.output
    assert words in done.stderr


def test_cells_that_are_being_settled_stay_chosen_and_no_other_goes_without_a_verdict(tmp_path: Path) -> None:
    """A run of a version that cannot be measured plans its cells and starts no worker."""
    (tmp_path / "estimators").mkdir()
    (tmp_path / "estimators" / "__init__.py").write_text("API_VERSION = 0\n")
    spsa, rdsa = ((ESTIMATORS.canonical(name), PROBLEMS.canonical("beale")) for name in ("spsa", "rdsa"))
    assert to_settle(tmp_path, [rdsa]) == (rdsa,)
    asked = Request(suite="custom", pairs=(spsa,), measures=("cost",), estimators_from=tmp_path, out=tmp_path / "base-again")
    measure_in_turns([asked])
    assert to_settle(tmp_path, [spsa]) == to_settle(tmp_path, []) == (spsa,)
    with pytest.raises(UsageError, match="has measured other suspects again, but not rdsa"):
        to_settle(tmp_path, [spsa, rdsa])


def test_python_compares_versions_as_the_command_does(within, tmp_path: Path) -> None:
    """The frame has what the command prints; what was measured can be had again, and compared by the command."""
    statuses: list[object] = []
    asked = {"estimators": "spsa", "problems": "beale", "measures": ["cost", "memory"], "budget": 0.02, "processes": 1}
    frame = gradgauge.compare_versions(
        commits="cheap..dear", noise_floor=0.03, progress=statuses.append, out=tmp_path / "out", **asked
    )
    calls = frame[(frame["metric"] == "forward_calls") & frame["estimator"].str.startswith("spsa")]
    assert calls[["base", "new", "verdict", "loss"]].values.tolist() == [[2, 3, "more", True]]
    assert frame.attrs["folder"] == str(tmp_path / "out")
    assert statuses
    again = gradgauge.compare_versions(resume=tmp_path / "out", noise_floor=0.03)
    assert again.equals(frame)
    shown = within("--resume", tmp_path / "out", "--noise-floor", "3%", "--format", "json")
    assert [row["verdict"] for row in json.loads(shown.stdout)["rows"]] == frame["verdict"].tolist()


def test_python_refuses_what_the_command_refuses(within, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected BASE and NEW, or --commits A\.\.B"):
        gradgauge.compare_versions(".")
    with pytest.raises(UsageError, match="processes cannot be given with resume"):
        gradgauge.compare_versions(resume=tmp_path, processes=8)
    with pytest.raises(ValueError, match="threshold must lie between 0 and 1, got 3"):
        gradgauge.compare_versions(commits="cheap..dear", threshold=3)


def test_compiled_executions_of_two_versions_are_planned_for_what_depends_on_them(within) -> None:
    done = within("--commits", "cheap..", *FEW, "--execution", "eager,compile", "--dry-run")
    assert done.exit_code == 0, done.output
    assert re.search(r"spsa\[k=1\] · compile +cost, memory", done.stdout)
    refused = within("--commits", "cheap..", *FEW, "--execution", "compiled", "--dry-run")
    assert (refused.exit_code, "unknown execution 'compiled': did you mean 'compile'?" in refused.stderr) == (2, True)


def test_options_of_a_measurement_mean_nothing_for_two_runs(within, make_run, record_of) -> None:
    done = within(make_run(name="a"), make_run(name="b"), "--threads", "2")
    assert (done.exit_code, "threads cannot be given with run folders" in done.stderr) == (2, True)


def test_a_run_and_a_version_are_not_of_a_kind(within, make_run) -> None:
    done = within(make_run(name="a"), ".")
    assert (done.exit_code, "expected two of a kind" in done.stderr) == (2, True)


@pytest.mark.slow
def test_suspects_are_settled_and_equal_code_is_measured_where_no_noise_floor_is_kept(repository: Path, tmp_path: Path) -> None:
    """One evaluation more on two is half as much again: whatever the machine does meanwhile, that is suspicious."""
    command = [sys.executable, "-m", "gradgauge", "compare", "--commits", "cheap..dear", *FEW, "--format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "no noise floor is kept for this place" in done.stderr
    values = json.loads(done.stdout)
    rows = [row for row in values["rows"] if row["metric"] == "multiple" and row["estimator"].startswith("spsa")]
    assert [row["stage"] for row in rows] == ["suspect", "settled"]
    assert [row["base_count"] for row in rows] == [6, 20]
    assert all(row["in_pairs"] for row in rows)
    assert values["noise_floor"] > 0
