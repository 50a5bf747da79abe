"""The command `history`: what is named is read, what is missing is said with an exit code of its own."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gradgauge as gg
from benchmarks.records import Cell
from benchmarks.request import UsageError
from benchmarks.verdicts import NOTHING
from gradgauge.recounting import history_of, recount
from reports.history import THRESHOLD

CHECKOUT = Path(__file__).resolve().parents[2]


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    run = [sys.executable, "-m", "gradgauge", "history", *arguments]
    return subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_in_a_checkout_with_results_no_argument_is_needed(project: Path, git) -> None:
    done = command(project, "--landing")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Over 3 commits, 1 of 1 tracked number changed its level: 1 change, 1 of them for the worse.",
        "history.html",
        "index.html",
    ]
    text = (project / "history.html").read_text(encoding="utf-8")
    assert f'href="https://example.org/c/{git(project, "rev-parse", "HEAD")}"' in text
    assert "change 2" in text
    assert 'href="history.html"' in (project / "index.html").read_text(encoding="utf-8")


def test_without_any_results_it_ends_with_4_and_says_what_would_be_some(tmp_path: Path) -> None:
    done = command(tmp_path)
    assert done.returncode == 4
    assert "No tracked number in asv's results of this folder: measure with `asv run`" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere is no run folder, and there is none in it"),
        (["--asv", "nowhere"], "nowhere is no folder; expected asv's results, or a folder with an asv.conf.json"),
        (["--threshold", "5"], "expected a percentage such as 2%"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_message_and_exit_code_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = command(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreadable_file_is_named_and_the_others_are_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "results" / "bench" / "00000000-py3.11.json").write_text("{")
    assert recount([], project, None, project / "page.html") == 0
    assert "bench/00000000-py3.11.json cannot be read and is left out" in capsys.readouterr().err
    assert "bench/00000000-py3.11.json" in (project / "page.html").read_text(encoding="utf-8")


def test_asvs_own_page_is_not_overwritten_by_a_landing_page(project: Path) -> None:
    (project / "index.html").write_text("<title>airspeed velocity</title>")
    with pytest.raises(UsageError, match="is not gradgauge's"):
        recount([], project, None, project / "history.html", landing=True)


def test_a_missing_asv_names_the_extra(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "asv" else found(name))
    with pytest.raises(
        UsageError, match=r"needs the extra `history`, which is not installed: pip install 'gradgauge\[history\]'"
    ):
        history_of([], project)


def test_the_function_gives_the_frame_and_writes_the_page_where_it_is_told(project: Path) -> None:
    frame = gg.history(asv=project, output=project / "page.html")
    assert frame["value"].tolist() == [1, 1, 3]
    assert frame["position"].tolist() == [0, 1, 2]
    assert frame["step"].tolist()[2] == 3
    assert frame.attrs == {"notes": [], "ordered": True}
    assert (project / "page.html").is_file()
    assert not (project / "history.html").exists()


def test_asvs_results_and_run_folders_stand_on_one_page(project: Path, git, make_run, record_of) -> None:
    commit = git(project, "rev-parse", "HEAD")
    folder = make_run(
        [record_of(Cell("backprop", "beale", "cost"), forward_calls=1)],
        provenance={"machine": "bench", "estimators": {"commit": commit, "dirty": False}},
    )
    frame = gg.history(folder, asv=project)
    assert sorted(set(frame["benchmark"])) == ["beale", "track_sweeps.Width"]
    assert gg.history(folder)["benchmark"].tolist() == ["beale"]


def test_the_page_on_history_names_options_and_codes_that_there_are(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "history.md").read_text(encoding="utf-8")
    asked = [[sys.executable, "-m", "gradgauge", command, "--help"] for command in ("history", "report", "compare")]
    asked += [[sys.executable, "-m", "asv", command, "--help"] for command in ("run", "publish")]
    known = "".join(
        subprocess.run(one, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True).stdout
        for one in asked
    )
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page))
    assert {"--asv", "--landing", "--history", "--threshold"} <= options
    assert not [option for option in options if option not in known]
    assert re.findall(r"^\| (\d) \|", page, flags=re.MULTILINE) == ["0", "2", str(NOTHING)]
    assert f"{100 * THRESHOLD:.0f} % unless given" in page
