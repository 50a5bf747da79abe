"""The history in a report: asv's results of the working directory, from elsewhere, or none; said, saved, the same bytes again."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import gradgauge as gg
from benchmarks.records import Cell
from benchmarks.request import UsageError
from gradgauge.reporting import report

CHECKOUT = Path(__file__).resolve().parents[2]
IN_IT = 'id="history-forward-calls"'


@pytest.fixture
def folder(make_run, record_of) -> Path:
    """A run that says nothing of commits."""
    return make_run([record_of(Cell("backprop", "beale", "cost"), multiple=3.0)])


def command(working: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    run = [sys.executable, "-m", "gradgauge", "report", *map(str, arguments)]
    return subprocess.run(run, cwd=working, env=environment, capture_output=True, text=True, check=False)


def test_in_a_folder_with_results_of_asv_they_are_in_the_report_and_that_is_said(project: Path, folder: Path) -> None:
    done = command(project, folder)
    assert (done.returncode, done.stdout.strip()) == (0, str(folder / "report.html"))
    assert done.stderr.strip() == (
        "The report holds the history of asv's results in this folder: 1 tracked number over 3 commits "
        "(`gradgauge report --no-history` leaves it out)."
    )
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert IN_IT in text
    assert "1 to 3 (×3.00)" in text
    assert "Over 3 commits, 1 of 1 tracked number changed its level: 1 change, 1 of them for the worse." in text
    assert '<a href="#history">Across commits</a>' in text


def test_it_is_left_out_where_that_is_asked(project: Path, folder: Path) -> None:
    done = command(project, folder, "--no-history")
    assert (done.returncode, done.stderr) == (0, "")
    assert IN_IT not in (folder / "report.html").read_text(encoding="utf-8")


def test_it_can_lie_elsewhere(project: Path, folder: Path, tmp_path: Path) -> None:
    done = command(tmp_path, folder, "--history", project)
    assert f"The report holds the history of {project}: 1 tracked number over 3 commits." in done.stderr
    assert IN_IT in (folder / "report.html").read_text(encoding="utf-8")


def test_both_options_at_once_are_refused(project: Path, folder: Path) -> None:
    done = command(project, folder, "--history", project, "--no-history")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--history cannot be given with --no-history" in done.stderr
    assert not (folder / "report.html").exists()


def test_the_same_results_and_commits_give_the_same_bytes(
    project: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    first, second = (report([folder], tmp_path / name).page.read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_its_figures_are_saved_with_the_others(project: Path, folder: Path, tmp_path: Path) -> None:
    gg.report(folder, figures=tmp_path / "figures", history=project)
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == [f"{name}-1.{ending}" for name in ("history-forward-calls", "multiples") for ending in ("pdf", "svg")]
    saved = (tmp_path / "figures" / "history-forward-calls-1.svg").read_text(encoding="utf-8")
    assert ">track_sweeps.Width · width=64</text>" in saved.replace("> ", ">")
    assert ">backprop</text>" in saved.replace("> ", ">")


def test_without_results_nothing_is_said_and_nothing_is_held(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare").mkdir()
    for text in (None, '{"version": 1, "project": "p", "repo": "."}'):
        if text is not None:
            (tmp_path / "bare" / "asv.conf.json").write_text(text)
        monkeypatch.chdir(tmp_path / "bare")
        done = report([folder])
        assert done.notes == ()
        assert "history-heading" not in done.page.read_text(encoding="utf-8")


def test_without_results_a_missing_asv_is_no_matter(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "project": "p", "repo": "."}')
    monkeypatch.chdir(tmp_path)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "asv" else found(name))
    assert report([folder]).notes == ()


def test_results_that_nobody_named_and_that_cannot_be_read_leave_a_report_and_a_line(
    project: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "asv" else found(name))
    done = report([folder])
    assert "history-heading" not in done.page.read_text(encoding="utf-8")
    [note] = done.notes
    assert "takes the extra `history`, which is not installed: pip install 'gradgauge[history]'" in note
    monkeypatch.undo()
    monkeypatch.chdir(project)
    (project / "asv.conf.json").write_text("{")
    [note] = report([folder]).notes
    assert note.startswith("The report holds no history across commits: asv: asv.conf.json cannot be read: ")


def test_a_history_that_was_named_and_has_nothing_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="history: no tracked number in "):
        gg.report(folder, history=tmp_path / "empty")
    assert not (folder / "report.html").exists()
