"""What the README shows works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")

REPORT = "python -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox run -e report"
TESTS = "python -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def gradgauge(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "gradgauge", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the README's estimator in a file of its own."""
    [source] = [block for block in blocks("python") if "class SignGradient" in block]
    made = tmp_path_factory.mktemp("readme")
    (made / "my_estimator.py").write_text(source)
    return made


def test_the_two_commands_stand_there_word_for_word() -> None:
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    assert REPORT in lines
    assert TESTS in lines


def test_ci_runs_the_second() -> None:
    assert TESTS in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_estimator_has_at_most_40_lines(folder: Path) -> None:
    assert len((folder / "my_estimator.py").read_text().splitlines()) <= 40


def test_the_estimator_keeps_its_contract(folder: Path) -> None:
    done = gradgauge(folder, "check", "my_estimator.py:SignGradient")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed    unbiased" in done.stdout


def test_the_estimator_is_in_the_report(folder: Path) -> None:
    specs = ("-e", "my_estimator.py:SignGradient", "-p", "mlp[width=8]")
    done = gradgauge(folder, "run", "custom", *specs, "--budget", "200ms", "--precision", "20%", "--draws", "20", "--out", "made")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my_estimator.py:SignGradient" in (folder / "made" / "report.html").read_text()


def test_every_command_shown_is_known(folder: Path) -> None:
    shown = {line.split()[1] for block in blocks("bash") for line in block.splitlines() if line.startswith("gradgauge ")}
    assert shown == {"list", "run", "report", "export", "check", "new", "doctor", "compare", "history", "tune", "profile"}
    for command in shown:
        assert gradgauge(folder, command, "--help").returncode == 0


def test_files_that_are_named_exist() -> None:
    named = set(re.findall(r"`((?:docs|tests|estimators)/[\w./]+)`", README))
    assert named
    assert not [name for name in named if not (CHECKOUT / name).exists()]
