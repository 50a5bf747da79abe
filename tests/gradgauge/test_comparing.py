"""`gradgauge compare` and `gradgauge.compare`: two folders in, a comparison and an exit code out."""

import json
import re
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


def test_one_comparison_is_written_in_several_forms(folder, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("made.md", "made.json", "made.html")]
    folders = (folder("base"), folder("new", 1.1))
    done = run(*folders, *(word for file in files for word in ("-o", file)))
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-3:] == list(map(str, files))
    alone = [run(*folders, "-o", file.with_stem("alone")).exit_code for file in files]
    assert alone == [1, 1, 1]
    assert [file.read_bytes() for file in files] == [file.with_stem("alone").read_bytes() for file in files]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "a.md", "-o", "b.html", "--format", "markdown"), "--format is that of one file"),
        (("-o", "a.md", "-o", "a.md"), "--output names a file twice"),
    ],
)
def test_files_that_would_contradict_each_other_are_refused(folder, options: tuple[str, ...], words: str) -> None:
    done = run(folder("base"), folder("new"), *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


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


@pytest.mark.parametrize(
    ("ending", "beginning"),
    [(".html", "<!DOCTYPE html>"), (".md", "**"), (".json", "{"), (".txt", "The one cell"), ("", "The one cell")],
)
def test_the_ending_of_the_file_says_the_format_unless_it_is_given(folder, tmp_path: Path, ending: str, beginning: str) -> None:
    folders = (folder("base"), folder("new", 1.1))
    done = run(*folders, "-o", tmp_path / f"made{ending}")
    assert done.exit_code == 1
    assert (tmp_path / f"made{ending}").read_text(encoding="utf-8").startswith(beginning)
    run(*folders, "-o", tmp_path / f"made{ending}", "--format", "json")
    assert json.loads((tmp_path / f"made{ending}").read_text(encoding="utf-8"))["losses"] == 1


def test_a_page_comes_with_the_exit_code_of_the_comparison_and_holds_both_runs(folder, tmp_path: Path) -> None:
    base, new, made = folder("base"), folder("new", 1.1), tmp_path / "made.html"
    assert run(base, new, "-o", made).exit_code == 1
    first = made.read_bytes()
    assert b"The one cell is slower." in first
    assert run(base, new, "-o", made).exit_code == 1
    assert made.read_bytes() == first
    gradgauge.export(made, output=tmp_path / "all.csv")
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 1 + 12
    assert run(base, folder("alone", 1, 1), "-o", made).exit_code == 4


def test_several_runs_are_compared_with_the_first(folder) -> None:
    folders = folder("base"), folder("equal"), folder("slow", 1.1)
    done = run(*folders)
    assert done.exit_code == 1
    assert done.stdout.count("BASE base") == 2
    assert [found["new"]["run"] for found in json.loads(run(*folders, "--format", "json").stdout)] == ["equal", "slow"]
    assert run(*folders[:2], folder("alone", 1.0, 1)).exit_code == 4
    assert run(*folders, "nowhere").exit_code == 2
    assert "nowhere is no run folder: it has no run.json" in run(*folders, "nowhere").stderr


def test_a_report_about_runs_that_differ_opens_with_their_comparison_by_the_same_rule(
    make_run, record_of, tmp_path: Path
) -> None:
    provenance = {"machine": "bench", "cpu": {"name": "X"}, "torch": {"version": "2.13.0", "git": "abc"}}
    quiet = NoiseFloor(Place.of(provenance, "cpu", 1), datetime.now(UTC).isoformat(), 0.004, 0.004, 20, 6, 4)

    def make(name: str, factor: float) -> Path:
        values = [factor * value for value in STEADY]
        records = [record_of(Cell("backprop", "mlp", "cost", process=i), multiple=value) for i, value in enumerate(values)]
        records = [replace(record, started=f"2026-11-21T10:00:0{i}") for i, record in enumerate(records)]
        return make_run(
            records, name=name, provenance={**provenance, "estimators": {"digest": name}}, noise_floor=quiet.to_json()
        )

    folders = make("base", 1.0), make("slow", 1.2), make("fast", 0.8)
    two, three = (
        gradgauge.report(*of, output=tmp_path / f"{len(of)}.html").read_text(encoding="utf-8") for of in (folders[:2], folders)
    )
    assert re.search(r"<h1>\s*The one cell is slower\.", two)
    assert "2 runs compared with base." in three
    assert gradgauge.compare(*folders[:2])["verdict"].tolist() == ["slower"]
    note = next(note for note in gradgauge.compare(*folders[:2]).attrs["notes"] if note.startswith("Noise floor"))
    assert note in two.replace("<wbr>", "")
    assert "mlp · base" in two
    assert "mlp · slow" in two
    saved = gradgauge.report(*folders, output=tmp_path / "r.html", figures=tmp_path / "figures").parent / "figures"
    assert {"comparison-1-multiple-1.svg", "comparison-2-multiple-1.pdf"} <= {path.name for path in saved.iterdir()}


def test_a_report_about_parts_of_one_run_has_no_comparison(folder, tmp_path: Path) -> None:
    text = gradgauge.report(folder("base"), folder("equal"), output=tmp_path / "one.html").read_text(encoding="utf-8")
    assert 'id="comparison"' not in text
