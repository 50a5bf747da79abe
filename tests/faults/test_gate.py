"""The example workflow of a gate, docs/gate.yml: its commands are run as they stand there, on pull requests made here.

A repository of this checkout is cloned as a runner would have it, with a virtual environment of its own. There the packages of
the tests stand in for the index: pip is told to fetch nothing. What is measured is told as a user would tell it, by `OPTIONS`.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.provenance import ROOT
from benchmarks.verdicts import FAILED
from reports.compare import FINE, LOSS, NOTHING

TAKEN = ("benchmarks", "estimators", "gradgauge", "reports", "constraints.txt", "pyproject.toml", "README.md", "LICENSE")
GATE = yaml.safe_load((ROOT / "docs" / "gate.yml").read_text(encoding="utf-8"))["jobs"]["gate"]
INSTALL, DOCTOR, COMPARE, REPORT, SHOW = "Install", "Examine the machine", "Compare", "Report", "Show"
KEPT = GATE["steps"][-1]["with"]["path"].split()

CELL = "-e spsa -p beale --processes 1"
BYTES, CALLS = f"{CELL} --measure memory", f"{CELL} --measure cost --budget 20ms --noise-floor 3%"
TIMES = f"{CALLS} --processes 6"

CHANGES = {
    "words": ("README.md", "\nMore words.\n"),
    "dearer": (
        "estimators/directional/estimator.py",
        """
_estimate = Directional.estimate
def _dearer(self, objective, state, *, generator):
    for _ in range(10):
        objective.loss()
    return _estimate(self, objective, state, generator=generator)
Directional.estimate = _dearer
""",
    ),
    "slower": (
        "estimators/directional/estimator.py",
        """
import time
_estimate = Directional.estimate
def _slower(self, objective, state, *, generator):
    start = time.perf_counter()
    result = _estimate(self, objective, state, generator=generator)
    end = 4 * time.perf_counter() - 3 * start
    while time.perf_counter() < end:
        pass
    return result
Directional.estimate = _slower
""",
    ),
    "another-interface": ("estimators/__init__.py", "\nAPI_VERSION = 1_000\n"),
}
"""Branch -> (file, what the pull request adds to it)."""


class Runner:
    """A clone of a repository whose pull requests are checked, with the environment of a job."""

    def __init__(self, upstream: Path, folder: Path) -> None:
        self.folder, self._environment = folder / "clone", folder / "venv"
        self.summary = folder / "summary.md"
        _run("git", "clone", "--quiet", upstream, self.folder)
        _run(sys.executable, "-m", "virtualenv", self._environment)
        [packages] = self._environment.glob("lib/python*/site-packages")
        (packages / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def check(self, branch: str, options: str, only: set[str]) -> dict[str, int]:
        """Run commands of the workflow on a branch, in their order and under their conditions.

        Returns:
            Step -> exit code, of those that were run.
        """
        _run("git", "-C", self.folder, "checkout", "--quiet", branch)
        _run("git", "-C", self.folder, "clean", "--quiet", "-xd", "--force", "--exclude=*.egg-info")
        self.summary.unlink(missing_ok=True)
        codes: dict[str, int] = {}
        failed = False
        for step in GATE["steps"]:
            if step.get("name") in only and (not failed or step.get("if") == "always()"):
                codes[step["name"]] = self._step(step, options)
                failed = failed or (codes[step["name"]] != 0 and not step.get("continue-on-error", False))
        return codes

    def _step(self, step: Mapping[str, Any], options: str) -> int:
        environment = {
            **os.environ,
            **GATE["env"],
            **{name: value.replace("${{ github.base_ref }}", "main") for name, value in step.get("env", {}).items()},
            "OPTIONS": options,
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "PATH": f"{self._environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip spells: build with what is there
        }
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        sys.stdout.write(f"{step['run']}\n{done.stdout}\n{done.stderr}\n")  # shown where a test fails
        assert "Traceback" not in done.stderr
        return done.returncode


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner on which the package is installed."""
    upstream = tmp_path_factory.mktemp("upstream")
    git = ("git", "-c", "user.name=n", "-c", "user.email=e", "-C", upstream)
    for name in TAKEN:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, upstream / name)
    (upstream / ".gitignore").write_text("__pycache__/\n*.egg-info/\n/comparison*\n/report.html\n")
    _run(*git, "init", "--quiet", "--initial-branch=main")
    _run(*git, "add", ".")
    _run(*git, "commit", "--quiet", "--message", "main")
    for branch, (file, text) in CHANGES.items():
        _run(*git, "checkout", "--quiet", "-b", branch, "main")
        with (upstream / file).open("a") as stream:
            stream.write(text)
        _run(*git, "commit", "--quiet", "--all", "--message", branch)
    _run(*git, "checkout", "--quiet", "main")
    runner = Runner(upstream, tmp_path_factory.mktemp("runner"))
    assert runner.check("main", "", {INSTALL}) == {INSTALL: 0}
    return runner


def test_every_command_of_the_workflow_is_run_here_and_both_commits_are_there() -> None:
    assert [step["name"] for step in GATE["steps"] if "run" in step] == [INSTALL, DOCTOR, COMPARE, REPORT, SHOW]
    assert GATE["steps"][0]["with"]["fetch-depth"] == 0


def test_the_page_on_the_gate_names_its_commands_and_all_exit_codes() -> None:
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    for step in GATE["steps"][2:6]:
        for command in step["run"].replace('"$BASE..HEAD" $OPTIONS', "origin/main..HEAD").splitlines():
            assert command.startswith("set ") or command in page
    assert re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE) == [str(code) for code in (FINE, LOSS, 2, FAILED, NOTHING)]


@pytest.mark.faults
def test_a_change_that_is_none_passes_and_says_what_was_compared(runner: Runner) -> None:
    codes = runner.check("words", BYTES, {DOCTOR, COMPARE, SHOW})
    assert codes.pop(DOCTOR) in (0, 1)  # whether this machine is fit is not the gate's business
    assert codes == {COMPARE: 0, SHOW: 0}
    assert "numbers compared" in runner.summary.read_text(encoding="utf-8")


@pytest.mark.faults
def test_an_estimator_that_does_more_fails_the_gate_and_is_named_in_the_summary(runner: Runner) -> None:
    assert runner.check("dearer", CALLS, {COMPARE, REPORT, SHOW}) == {COMPARE: 1, REPORT: 0, SHOW: 0}
    said = runner.summary.read_text(encoding="utf-8")
    assert "losses beyond 3.0 %: " in said
    assert "forward calls more in 1 cell" in said
    assert [path for path in KEPT if not (runner.folder / path).exists()] == []
    pages = {path: (runner.folder / path).read_text(encoding="utf-8") for path in KEPT if path.endswith(".html")}
    assert list(pages) == ["comparison.html", "report.html"]
    for text in pages.values():
        assert "forward calls more in 1 cell" in text


@pytest.mark.faults
def test_where_nothing_can_be_compared_the_gate_fails_with_a_code_of_its_own(runner: Runner) -> None:
    assert runner.check("another-interface", BYTES, {COMPARE, SHOW}) == {COMPARE: 4, SHOW: 0}
    said = runner.summary.read_text(encoding="utf-8")
    assert "Nothing could be compared" in said
    assert "this ruler needs 1000" in said


@pytest.mark.slow
def test_a_slow_estimator_fails_the_gate_by_its_time(runner: Runner) -> None:
    """Four times as long, from a wait alone: nothing exact tells of it. The suspect is settled by twenty fresh pairs."""
    assert runner.check("slower", TIMES, {COMPARE, SHOW}) == {COMPARE: 1, SHOW: 0}
    assert "slower" in runner.summary.read_text(encoding="utf-8")
