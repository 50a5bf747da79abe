"""`gradgauge compare` and `gradgauge.compare`: two folders in, a comparison and an exit code out."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import gradgauge
from benchmarks.doctor import store
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.records import Cell, FolderError, Record
from gradgauge.cli import app

STEADY = (3.0, 3.01, 2.99, 3.0, 3.02, 2.98)


@pytest.fixture
def folder(make_run: Callable[..., Path], record_of: Callable[..., Record]) -> Callable[..., Path]:
    """A run of one cell, timed in so many processes and so much slower than another."""

    def make(name: str, factor: float = 1.0, processes: int = 6, estimator: str = "backprop") -> Path:
        values = [factor * value for value in STEADY[:processes]]
        records = [record_of(Cell(estimator, "mlp", "cost", process=i), multiple=value) for i, value in enumerate(values)]
        return make_run([replace(record, started=f"2026-11-21T10:00:0{i}") for i, record in enumerate(records)], name=name)

    return make


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["compare", *map(str, arguments)], env={"COLUMNS": "100"})


@pytest.mark.parametrize(
    ("options", "code"),
    [({}, 0), ({"factor": 1.1}, 1), ({"factor": 0.9}, 0), ({"processes": 1}, 4), ({"estimator": "spsa"}, 4)],
    ids=["same", "slower", "faster", "one-process", "other-cells"],
)
def test_the_exit_code_is_that_of_the_comparison(folder, options: dict, code: int) -> None:
    done = run(folder("base"), folder("new", **options))
    assert done.exit_code == code, done.output
    assert "BASE base" in done.stdout
    assert done.stderr == ""


def test_the_threshold_decides_about_the_exit_code(folder) -> None:
    folders = (folder("base"), folder("new", 1.1))
    assert run(*folders, "--threshold", "9%").exit_code == 1
    assert run(*folders, "--threshold", "12%").exit_code == 0


def test_a_noise_floor_is_taken_into_account(folder) -> None:
    folders = (folder("base"), folder("new", 1.1))
    assert run(*folders, "--noise-floor", "2%").exit_code == 1
    assert run(*folders, "--noise-floor", "20%").exit_code == 0


def test_what_the_doctor_kept_is_the_noise_floor_where_none_is_given(make_run, record_of, monkeypatch, tmp_path: Path) -> None:
    """From the folders themselves, or from what is kept for their machine; of two the larger."""
    provenance = {"machine": "bench", "cpu": {"name": "X"}, "torch": {"version": "2.13.0", "git": "abc"}}
    loud = NoiseFloor(Place.of(provenance, "cpu", 1), datetime.now(UTC).isoformat(), 0.19, 0.19, 20, 6, 4)
    quiet = replace(loud, spread=0.01, apart=0.01)

    def make(name: str, factor: float = 1.0, **header: object) -> Path:
        values = [factor * value for value in STEADY]
        records = [record_of(Cell("backprop", "mlp", "cost", process=i), multiple=value) for i, value in enumerate(values)]
        return make_run(
            [replace(r, started=f"2026-11-21T10:00:0{i}") for i, r in enumerate(records)],
            name=name,
            provenance={**provenance, "versions": {"gradgauge": name}},
            **header,
        )

    plain = make("plain"), make("slower", 1.1)
    carried = make("carrying", noise_floor=quiet.to_json()), make("carrying-slower", 1.1, noise_floor=loud.to_json())
    assert run(*plain).exit_code == 1
    assert "`gradgauge doctor` measures it" in run(*plain).stdout
    assert run(*carried).exit_code == 0
    said = " ".join(run(*carried).stdout.split())
    assert "Noise floor 22 %, detection limit 41 %: of 6 processes on each side, one after the other, from 6 pairs" in said
    assert run(*carried, "--noise-floor", "2%").exit_code == 1
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    store.keep(loud, tmp_path / "gradgauge")
    assert run(*plain).exit_code == 0
    assert list(gradgauge.compare(*plain).verdict) == ["undecided"]


@pytest.mark.parametrize(
    ("turns", "how"), [(("a", "a"), "in turns"), (("a", "b"), "one after the other"), ((None, None), "one after")]
)
def test_the_noise_floor_is_that_of_how_both_runs_were_measured(make_run, record_of, turns, how) -> None:
    floor = NoiseFloor(Place("", "", "cpu", 1, ""), datetime.now(UTC).isoformat(), 0.001, 0.19, 20, 6, 4).to_json()
    records = [record_of(Cell("backprop", "mlp", "cost", process=i), multiple=value) for i, value in enumerate(STEADY)]
    folders = [
        make_run(records, name=name, noise_floor=floor, **({"turns": turn} if turn else {}))
        for name, turn in zip("xy", turns, strict=True)
    ]
    said = " ".join(run(*folders).stdout.split())
    assert f"of 6 processes on each side, {how}" in said
    assert ("Noise floor 22 %" in said) is (how != "in turns")


def test_json_goes_to_standard_output_or_to_a_file(folder, tmp_path: Path) -> None:
    folders = (folder("base"), folder("new", 1.1))
    printed = run(*folders, "--format", "json")
    written = run(*folders, "--format", "json", "-o", tmp_path / "made.json")
    assert (printed.exit_code, written.exit_code) == (1, 1)
    assert json.loads(printed.stdout) == json.loads((tmp_path / "made.json").read_text())
    assert "1 number compared; losses beyond 3.0 %: runtime multiple slower in 1 cell." in written.stdout
    assert str(tmp_path / "made.json") in written.stdout


def test_markdown_is_written(folder, tmp_path: Path) -> None:
    run(folder("base"), folder("new"), "--format", "markdown", "-o", tmp_path / "made.md")
    assert "### Runtime multiple" in (tmp_path / "made.md").read_text(encoding="utf-8")


def test_one_folder_twice_is_a_usage_error(folder) -> None:
    base = folder("base")
    done = run(base, base)
    assert done.exit_code == 2
    assert "BASE and NEW are the same folder" in done.stderr


def test_a_file_that_cannot_be_written_is_a_usage_error(folder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(folder("base"), folder("new"), "-o", tmp_path / "file" / "made.txt")
    assert done.exit_code == 2
    assert str(tmp_path / "file") in done.stderr


def test_the_facade_gives_a_frame(folder) -> None:
    frame = gradgauge.compare(folder("base"), folder("new", 1.1))
    assert frame[["metric", "verdict", "loss"]].values.tolist() == [["multiple", "slower", True]]
    assert gradgauge.compare(folder("third"), folder("fourth", 1.1), threshold=0.2)["loss"].tolist() == [False]


def test_the_facade_names_what_it_cannot_use(folder, tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="nowhere is no run folder"):
        gradgauge.compare(folder("base"), tmp_path / "nowhere")
    with pytest.raises(ValueError, match="threshold must lie between 0 and 1, got 3"):
        gradgauge.compare(folder("one"), folder("two"), threshold=3)
