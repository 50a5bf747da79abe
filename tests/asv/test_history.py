"""asv on a history of three commits: a planted slowdown is found, an absent estimator is a skip, a broken commit is survived.

The repository is made here, from this checkout: the first commit lacks an estimator, the second does not import, the third makes
backprop slower. asv builds its real environment and measures for real; nothing is stood in for.
"""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

import gradgauge as gg

pytestmark = pytest.mark.asv

CHECKOUT = Path(__file__).resolve().parents[2]
TRACKED = "runtime_multiple|forward_calls|peak_bytes|cosine_distance|relative_error"
BENCH = ("--bench", rf"Width.track_({TRACKED})\('(backprop|spsa)', 64\)")
WORKFLOW = yaml.safe_load((CHECKOUT / "docs" / "workflow.yml").read_text(encoding="utf-8"))["jobs"]["history"]
CALLS = r"Width.track_forward_calls\('backprop', 64\)"
TAKEN = ("asv.conf.json", "benchmarks", "estimators", "gradgauge", "reports", "pyproject.toml", "README.md", "LICENSE")

ABSENT = '\nENTRIES.pop("spsa")\n'
BROKEN = '\nraise ImportError("this commit does not import")\n'
SLOW = """

def _slowly(self, objective, state, *, generator, _estimate=Backprop.estimate):
    for _ in range(3):
        _estimate(self, objective, state, generator=generator)
    return _estimate(self, objective, state, generator=generator)


Backprop.estimate = _slowly
"""


class History:
    """A repository of three commits, with asv."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.home = folder / "home"
        self.home.mkdir()
        self.folder.mkdir()
        self.commits: dict[str, str] = {}

    def commit(self, name: str, changed: Mapping[str, str]) -> None:
        """Commit this checkout with text appended to some of its files."""
        for taken in TAKEN:
            source, target = CHECKOUT / taken, self.folder / taken
            if source.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target.parent.mkdir(exist_ok=True)
                shutil.copy(source, target)
        for path, text in changed.items():
            with (self.folder / path).open("a") as stream:
                stream.write(text)
        if not self.commits:
            self.run("git", "init", "--quiet", "--initial-branch=main")
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", name)
        self.commits[name] = self.run("git", "rev-parse", "HEAD").stdout.strip()

    def run(self, *command: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository and hold it to its exit code."""
        cache = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
        environment = os.environ | {"HOME": str(self.home), "PIP_CACHE_DIR": cache}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == expect, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done

    def step(self, name: str, **variables: str) -> tuple[int, str]:
        """Run a step of the workflow as it stands there; its exit code and what it printed."""
        [step] = [step for step in WORKFLOW["steps"] if step.get("name") == name]
        shim = self.home / "bin" / "gradgauge"
        shim.parent.mkdir(exist_ok=True)
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradgauge "$@"\n')
        shim.chmod(0o755)
        path = os.pathsep.join([str(shim.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = os.environ | WORKFLOW["env"] | {"HOME": str(self.home), "PATH": path, **variables}
        command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def asv(self, *arguments: str, expect: int = 0) -> str:
        """Run asv; what it printed."""
        done = self.run(sys.executable, "-m", "asv", *arguments, expect=expect)
        return done.stdout + done.stderr

    def results(self, name: str) -> dict[str, dict[str, float | None]]:
        """Of one commit: tracker -> estimator -> what asv stored; NaN where it skipped, None where it failed."""
        [path] = self.folder.glob(f".asv/results/*/{self.commits[name][:8]}-*.json")
        stored = json.loads(path.read_text())["results"]
        return {key.rpartition(".")[2]: _first_of_each_estimator(*row[:2]) for key, row in stored.items()}


def _first_of_each_estimator(values: list[float | None], axes: list[list[str]]) -> dict[str, float | None]:
    """The value at the first width of each estimator: those that were measured."""
    return {name.strip("'"): value for name, value in zip(axes[0], values[:: len(axes[1])], strict=True)}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The three commits, measured by `asv run`."""
    made = History(tmp_path_factory.mktemp("history"))
    made.commit("old", {"estimators/registry.py": ABSENT})
    made.commit("broken", {"estimators/__init__.py": BROKEN})
    made.commit("slow", {"estimators/exact.py": SLOW})
    made.asv("machine", "--yes")
    made.asv("run", *BENCH, "ALL", expect=2)  # 2: something failed, all else was measured
    return made


def test_one_ruler_measures_two_commits(history: History) -> None:
    old, slow = history.results("old"), history.results("slow")
    assert old["track_forward_calls"]["backprop"] == 1
    assert slow["track_forward_calls"]["backprop"] == 4
    assert old["track_peak_bytes"]["backprop"] == slow["track_peak_bytes"]["backprop"]


def test_quality_is_a_number_that_does_not_move_with_the_commit(history: History) -> None:
    old, slow = history.results("old"), history.results("slow")
    for tracker in ("track_cosine_distance", "track_relative_error"):
        assert old[tracker]["backprop"] == slow[tracker]["backprop"] == pytest.approx(0, abs=1e-9)
    assert 0.9 < (slow["track_cosine_distance"]["spsa"] or 0.0) < 1.0


def test_an_estimator_absent_in_an_old_commit_is_a_skip(history: History) -> None:
    for tracker, values in history.results("old").items():
        assert math.isnan(values["spsa"] or 0.0), tracker
    assert history.results("slow")["track_forward_calls"]["spsa"] == 2


def test_a_commit_that_does_not_import_is_survived(history: History) -> None:
    for tracker, values in history.results("broken").items():
        assert values["backprop"] is None, tracker


def test_compare_finds_the_planted_slowdown(history: History) -> None:
    old, slow = history.commits["old"], history.commits["slow"]
    compared = history.asv("compare", "--factor", "1.1", "--only-changed", old, slow)
    assert "track_runtime_multiple('backprop', 64)" in compared


def test_every_command_of_the_workflow_but_the_installation_is_run_here() -> None:
    assert [step["name"] for step in WORKFLOW["steps"] if "run" in step] == ["Install", "Name the machine", "Compare", "Publish"]
    assert WORKFLOW["steps"][0]["with"]["fetch-depth"] == 0


def test_the_workflow_fails_for_the_planted_slowdown_and_publishes_its_pages(history: History) -> None:
    machine = next(history.folder.glob(".asv/results/*/machine.json")).parent.name
    summary = history.home / "summary.md"
    variables = {"MACHINE": machine, "BASE": history.commits["old"], "TRACKED": CALLS, "GITHUB_STEP_SUMMARY": str(summary)}
    assert history.step("Name the machine", **variables)[0] == 0
    code, said = history.step("Compare", **variables)
    assert (code, "PERFORMANCE DECREASED" in said) == (1, True), said
    code, said = history.step("Publish", **variables)
    assert code == 0, said
    assert summary.read_text(encoding="utf-8") in said
    public = history.folder / "public"
    drawn = {path.stem for path in (public / "asv" / "graphs").rglob("track_*.json")}
    assert any(name.endswith("track_runtime_multiple") for name in drawn)
    index = (public / "index.html").read_text(encoding="utf-8")
    assert 'href="history.html"' in index
    assert 'href="asv/index.html"' in index


def test_the_history_has_the_planted_slowdown_in_the_order_of_git_and_what_failed(history: History) -> None:
    frame = gg.history(asv=history.folder)
    assert frame.attrs["ordered"]
    order = dict(zip(frame["commit"], frame["position"], strict=True))
    assert [order[history.commits[name]] for name in ("old", "broken", "slow")] == [0, 1, 2]
    calls = frame[(frame["quantity"] == "forward_calls") & (frame["series"] == "backprop") & (frame["variant"] == "width=64")]
    assert calls["outcome"].tolist() == ["ok", "failed", "ok"]
    assert calls["step"].tolist()[-1] == 4
    absent = frame[(frame["series"] == "spsa[k=1]") & (frame["position"] == 0)]
    assert set(absent["outcome"]) == {"skipped"}
    assert set(frame["quantity"]) == {"multiple", "forward_calls", "peak_bytes", "cosine_distance", "relative_error"}
