"""The examples in docs/ run as they stand there."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_the_tour_runs_cell_by_cell() -> None:
    done = python(str(CHECKOUT / "docs" / "example.py"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no warning either
    assert "cosine_expected" in done.stdout
    assert "unbiased  failed" in done.stdout


def test_the_model_of_ones_own_is_a_problem() -> None:
    spec = f"{CHECKOUT / 'docs' / 'own_model.py'}:build[width=8]"
    code = f"import gradgauge as gg; print(*gg.measure('backprop', {spec!r}, measures=['memory']).outcome)"
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"ok"}
