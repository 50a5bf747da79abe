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

pytestmark = pytest.mark.asv

CHECKOUT = Path(__file__).resolve().parents[2]
TRACKED = "runtime_multiple|forward_calls|peak_bytes|cosine_distance|relative_error"
BENCH = ("--bench", rf"Width.track_({TRACKED})\('(backprop|spsa)', 64\)")
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


def test_compare_and_continuous_find_the_planted_slowdown(history: History) -> None:
    old, slow = history.commits["old"], history.commits["slow"]
    compared = history.asv("compare", "--factor", "1.1", "--only-changed", old, slow)
    assert "track_runtime_multiple('backprop', 64)" in compared
    only = ("--bench", r"Width.track_runtime_multiple\('backprop', 64\)")
    found = history.asv("continuous", "--factor", "1.1", *only, old, slow, expect=1)
    assert "PERFORMANCE DECREASED" in found


def test_publish_draws_the_history(history: History) -> None:
    history.asv("publish")
    assert (history.folder / ".asv/html/index.html").is_file()
    drawn = {path.stem for path in (history.folder / ".asv/html/graphs").rglob("track_*.json")}
    assert any(name.endswith("track_runtime_multiple") for name in drawn)
