"""In a folder that holds its own benchmarks/, estimators/ and reports/, gradgauge finds its own, or says what is in the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A user's folder with packages of the siblings' names, which fail when imported; `reports` has no `__init__.py`."""
    for name in ("benchmarks", "estimators"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("FOREIGN = True\n")
    (tmp_path / "reports").mkdir()
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in `folder`, with the checkout importable but behind the folder itself."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_an_interpreter_started_there_finds_the_siblings(crowded: Path) -> None:
    names = "benchmarks, estimators, reports"
    done = python(crowded, "-c", f"import gradgauge\nimport {names}\nfor m in ({names}): print(m.__file__)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(CHECKOUT / name / "__init__.py") for name in names.split(", ")]


def test_without_gradgauge_the_folder_keeps_its_own_packages(crowded: Path) -> None:
    done = python(crowded, "-c", "import benchmarks; print(benchmarks.__file__)")
    assert done.stdout.strip() == str(crowded / "benchmarks" / "__init__.py")


def test_python_m_gradgauge_works_there(crowded: Path) -> None:
    done = python(crowded, "-m", "gradgauge", "list", "estimators")
    assert done.returncode == 0, done.stderr
    assert "forward-gradient" in done.stdout


def test_the_command_works_there(crowded: Path) -> None:
    command = "import sys; sys.path.pop(0); from gradgauge.cli import main; main()"  # what an installed script does
    done = python(crowded, "-c", command, "list", "problems")
    assert done.returncode == 0, done.stderr
    assert "mlp" in done.stdout


@pytest.mark.parametrize("name", ["benchmarks", "reports"])
def test_a_foreign_package_imported_before_is_named(crowded: Path, name: str) -> None:
    code = f"import sys; sys.path.remove({str(CHECKOUT)!r}); import {name}; sys.path.append({str(CHECKOUT)!r}); import gradgauge"
    done = python(crowded, "-c", code)
    assert done.returncode == 1
    assert f"ImportError: gradgauge needs its own package '{name}'" in done.stderr
    assert f"{crowded / name / '__init__.py'} is in the way" in done.stderr


def test_only_the_siblings_are_taken(crowded: Path) -> None:
    (crowded / "tests").mkdir()
    (crowded / "tests" / "__init__.py").write_text("")
    done = python(crowded, "-c", "import gradgauge, tests; print(tests.__file__)")
    assert done.stdout.strip() == str(crowded / "tests" / "__init__.py")
