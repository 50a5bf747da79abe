"""The command line: bad input is exit code 2 with one message that helps, and the other codes mean what the README says."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def gradgauge(tmp_path: Path) -> Command:
    """The command, run in an empty folder as a user would run it from a bare checkout."""

    def run(*arguments: str, folder: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "COLUMNS": "200"}
        command = [sys.executable, "-m", "gradgauge", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    return run


SMALL = ("custom", "-p", "sphere[n=4]", "--draws", "20", "--budget", "200ms", "--precision", "20%")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "quikc"], "unknown suite 'quikc': did you mean 'quick'?"),
        (["run", "-e", "forwardgradient"], "unknown estimator 'forwardgradient': did you mean 'forward-gradient'"),
        (["run", "-e", "forward-gradient[kk=3]"], "estimator 'forward-gradient' has no parameter 'kk': did you mean 'k'?"),
        (["run", "-e", "spsa[k=many]"], "parameter 'k' of estimator 'spsa' must be an integer of at least 1, got 'many'"),
        (["run", "-e", "spsa[k=3"], "expected ',' or ']' at character 9, found the end"),
        (["run", "-e", "nothing.py:Mine"], "there is no file 'nothing.py'"),
        (["run", "-p", "mpl"], "unknown problem 'mpl': did you mean 'mlp'?"),
        (["run", "--measure", "costs"], "unknown kind of measurement 'costs': did you mean 'cost'?"),
        (["run", "--execution", "eager,compiled"], "unknown execution 'compiled': did you mean 'compile'?"),
        (["check", "backprop", "--execution", "compiled"], "got 'compiled' (did you mean 'compile'?)"),
        (["check", "backprop", "--execution", "cuda-graph"], "contracts are checked on the CPU, which has no CUDA graphs"),
        (["run", "--execution", "cuda-graph"], "execution cuda-graph needs a CUDA device, and the device is cpu: --device cuda"),
        (["run", "--device", "gpu"], "unknown device 'gpu': expected cpu, cuda"),
        (["run", "--device", "cuda:99"], "cuda:99"),
        (["run", "--threads", "0"], "Invalid value for '--threads': expected a whole number of at least 1, got '0'"),
        (["run", "--processes", "two"], "Invalid value for '--processes': expected a whole number of at least 1, got 'two'"),
        (["run", "--draws", "1"], "Invalid value for '--draws': expected a whole number of at least 2, got '1'"),
        (["run", "--seed", "-1"], "Invalid value for '--seed': expected a whole number of at least 0, got '-1'"),
        (["run", "--precision", "0.02"], "Invalid value for '--precision': expected a percentage such as 2%"),
        (["run", "--budget", "10"], "Invalid value for '--budget': expected a duration such as 10s or 5m"),
        (["run", "--total-budget", "soon"], "Invalid value for '--total-budget': expected a duration such as 10s or 5m"),
        *(
            (["run", "--shard", text], f"Invalid value for '--shard': expected i/N with i from 1 to N, such as 2/8, got '{text}'")
            for text in ("0/3", "4/3", "a/b")
        ),
        (["run", "--shard", "1/9999"], "shard 1/9999: there are only "),
        (["run", "--resume", "nowhere"], "nowhere is no run folder: it has no run.json"),
        (["run", "--estimators-from", "nowhere"], "nowhere holds no package `estimators` (there is no "),
        (["run", "--devise", "cpu"], "No such option: --devise"),
        (["ran"], "No such command 'ran'"),
        (["list", "estimator"], "got 'estimator' (did you mean 'estimators'?)"),
        (["report"], "Missing argument 'RUN'"),
        (["report", "nowhere"], "nowhere is no run folder: it has no run.json"),
        (["export", "nowhere"], "nowhere is no run folder: it has no run.json"),
        (["export", "nowhere", "--format", "latex"], "nowhere is no run folder: it has no run.json"),
        (
            ["export", "nowhere", "--format", "tex"],
            "Invalid value for '--format': expected one of csv, parquet, latex, got 'tex'",
        ),
        (["compare", "base"], "expected BASE and NEW, or --commits A..B"),
        (["compare", "nowhere", "elsewhere"], "nowhere is no run folder: it has no run.json"),
        (["compare", "a", "b", "--threshold", "0.03"], "Invalid value for '--threshold': expected a percentage such as 2%"),
        (["compare", "a", "b", "--noise-floor", "0%"], "Invalid value for '--noise-floor': expected a percentage such as 2%"),
        (["compare", "a", "b", "--format", "markdwon"], "got 'markdwon' (did you mean 'markdown'?)"),
        (["check", "backpropp"], "unknown estimator 'backpropp': did you mean 'backprop'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_message_and_exit_code_2(gradgauge: Command, arguments: list[str], words: str) -> None:
    done = gradgauge(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", [(), ("list",), ("run",), ("report",), ("export",), ("compare",), ("check",), ("new",), ("history",)]
)
def test_every_help_has_an_example(gradgauge: Command, command: tuple[str, ...]) -> None:
    done = gradgauge(*command, "--help")
    assert done.returncode == 0
    assert f"  {' '.join(('gradgauge', *command))}" in done.stdout.partition("Example:")[2]


@pytest.mark.parametrize(
    ("things", "name"), [("estimators", "multi-tangent"), ("problems", "rosenbrock"), ("suites", "quick"), ("devices", "cpu")]
)
def test_lists_name_what_there_is_one_a_line(gradgauge: Command, things: str, name: str) -> None:
    lines = gradgauge("list", things).stdout.splitlines()
    assert name in [line.split()[0] for line in lines]


def test_a_check_on_models_says_for_each_what_became_of_it(gradgauge: Command) -> None:
    done = gradgauge("check", "checkpointed-backprop[segments=7]", "--models")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("On ")]
    assert [line.partition(":")[0] for line in lines] == [
        "On MLP",
        "On CNN with batch norm",
        "On ViT",
        "On tied and frozen tensors",
    ]
    assert lines[0] == "On MLP: skipped, needs module: 7 segments need as many layers; this nn.Sequential has 6"
    assert " passed, 0 failed, " in lines[1]


@pytest.mark.parametrize("suite", ["quick", "dimensions", "depth", "tangents", "full"])
def test_a_dry_run_shows_cells_and_time_and_writes_nothing(gradgauge: Command, tmp_path: Path, suite: str) -> None:
    done = gradgauge("run", suite, "--dry-run")
    assert done.returncode == 0
    assert "checkpointed-backprop" in done.stdout
    assert "cells, about" in done.stdout.splitlines()[0]
    assert not list(tmp_path.iterdir())


def test_a_dry_run_refuses_a_folder_for_data_that_is_not_there_as_a_run_does(gradgauge: Command) -> None:
    done = gradgauge("run", "quick", "--data", "absent", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "absent for data, which --data names" in done.stderr


def test_a_run_is_reported_exported_and_resumed(gradgauge: Command, tmp_path: Path) -> None:
    done = gradgauge("run", *SMALL, "-e", "forward-gradient[k=2]", "--out", "made", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("8 cells, about ")
    assert "[8/8] ok" in done.stderr  # a line a cell, as this is no terminal
    assert "forward-gradient[k=2]" in done.stdout
    assert str(tmp_path / "made" / "report.html") in done.stdout
    assert (tmp_path / "made" / "report.html").stat().st_size > 10_000

    assert gradgauge("export", "made", "--format", "csv", "-o", "made.csv").returncode == 0
    frame = pandas.read_csv(tmp_path / "made.csv")
    assert set(frame.kind) == {"contract", "cost", "memory", "quality"}
    assert set(frame.seed) == {3}
    done = gradgauge("export", "made", "made", "--format", "latex")
    assert (done.returncode, Path(done.stdout.strip())) == (0, Path("made") / "records.tex")
    assert "forward-gradient[\\allowbreak{}k=2]" in (tmp_path / "made" / "records.tex").read_text()
    assert gradgauge("export", "made", "--format", "parquet", "-o", "new/folder/made.parquet").returncode == 0
    assert gradgauge("export", "made", "--format", "parquet", "-o", "made.csv/made.parquet").returncode == 2

    assert gradgauge("report", "made", "-o", "other.html", "--figures", "figures").returncode == 0
    assert "gradgauge" in (tmp_path / "other.html").read_text()
    assert list((tmp_path / "figures").glob("*.svg"))
    assert gradgauge("export", "other.html").returncode == 0  # the page holds its data
    assert (tmp_path / "other.csv").read_bytes() == (tmp_path / "made.csv").read_bytes()
    (tmp_path / "page.html").write_text("<!DOCTYPE html><p>no report")
    refused = gradgauge("export", "page.html")
    assert (refused.returncode, refused.stderr) == (
        2,
        "Error: page.html is neither a run folder nor a page that gradgauge wrote\n",
    )

    before = (tmp_path / "made" / "records.jsonl").read_text()
    again = gradgauge("run", "--resume", "made", "--seed", "3")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "made" / "records.jsonl").read_text() == before

    differing = gradgauge("run", "--resume", "made", "--seed", "4")
    assert differing.returncode == 2
    assert "seed was 3 and is now 4" in differing.stderr


def test_a_cell_that_fails_is_exit_code_3_and_the_rest_is_measured(gradgauge: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise RuntimeError('my file is broken')\n")
    done = gradgauge("run", *SMALL, "-e", "mine.py:Mine", "--measure", "memory,contract", "--out", "made")
    assert done.returncode == 3, done.stderr
    assert "RuntimeError: my file is broken" in done.stdout
    rows = [json.loads(line) for line in (tmp_path / "made" / "records.jsonl").read_text().splitlines()]
    assert {row["outcome"] for row in rows if row["estimator"] == "backprop"} == {"ok"}


def test_nothing_measured_is_exit_code_4(gradgauge: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def build(*, device, dtype, seed):\n    raise RuntimeError('no model')\n")
    done = gradgauge("run", "custom", "-p", "mine.py:build", "--measure", "memory", "--out", "made")
    assert done.returncode == 4, done.stderr


CHECKED = '''
import torch
from dataclasses import dataclass
from estimators import Declaration, DenseEstimate, Estimator

@dataclass(frozen=True)
class Zero(Estimator):
    """Says that it is exact, and returns zeros."""

    def estimate(self, objective, state, *, generator):
        with torch.no_grad():
            loss = objective.loss()
        return DenseEstimate(loss, {name: torch.zeros_like(p) for name, p in objective.parameters.items()}), state

    def declaration(self, shapes, batch):
        return Declaration(unbiased=True, exact=True, stochastic=False)
'''


def test_check_names_the_clause_that_is_broken(gradgauge: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CHECKED)
    done = gradgauge("check", "mine.py:Zero")
    assert done.returncode == 1
    assert "failed    exact" in done.stdout
    assert "passed    output" in done.stdout


def test_check_of_a_known_estimator_passes(gradgauge: Command) -> None:
    done = gradgauge("check", "backprop")
    assert done.returncode == 0
    summary, rate = done.stdout.splitlines()[-2:]
    assert "0 failed" in summary
    assert summary.endswith("; the declaration omits in-span")
    assert rate == "An estimator that keeps its word fails by chance in at most 1 of 26,316 checks."


@pytest.mark.parametrize("options", [(), ("--models",)])
def test_check_of_what_cannot_be_compiled_says_so_and_is_no_success(gradgauge: Command, options: tuple[str, ...]) -> None:
    done = gradgauge("check", "mezo", "--execution", "compile", *options)
    assert done.returncode == 4
    last = done.stdout.splitlines()[-1]
    assert last.startswith("not checked: needs compile: Mezo has no part that is a function of tensors")


def test_check_of_a_file_that_does_not_import_says_why(gradgauge: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import nothing_of_this_name\n")
    done = gradgauge("check", "mine.py:Mine")
    assert done.returncode == 3
    assert "ModuleNotFoundError: No module named 'nothing_of_this_name'" in done.stderr
