"""`gradgauge new estimator` writes an estimator that works as it stands, and overwrites nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.request import UsageError
from gradgauge.creating import create

CHECKOUT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_what_is_written_passes_its_test_its_example_and_its_contract(tmp_path: Path) -> None:
    done = run(tmp_path, "gradgauge", "new", "estimator", "my-method")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"my_method.py", "test_my_method.py"}
    assert "gradgauge check my_method.py:MyMethod" in done.stdout
    tested = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "--doctest-modules", "my_method.py", "test_my_method.py")
    assert tested.returncode == 0, tested.stdout
    checked = run(tmp_path, "gradgauge", "check", "my_method.py:MyMethod")
    assert checked.returncode == 0, checked.stdout


def test_a_broken_copy_fails_the_test_of_the_clause(tmp_path: Path) -> None:
    written, test = create("estimator", "mine", tmp_path)
    written.write_text(written.read_text().replace("total / self.k", "2 * total / self.k"))
    done = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", test.name)
    assert done.returncode == 1
    failed = {line.split("[")[1].split("]")[0] for line in done.stdout.splitlines() if line.startswith("FAILED") and "[" in line}
    assert (
        {"Mine(k=1)-unbiased", "Mine(k=4)-unbiased"}
        <= failed
        <= {f"Mine(k={k})-{clause}" for k in (1, 4) for clause in ("unbiased", "relative-error")}
    )


@pytest.mark.parametrize("there", ["mine.py", "test_mine.py"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    done = run(tmp_path, "gradgauge", "new", "estimator", "mine")
    assert done.returncode == 2
    assert f"{there} is there already; nothing was written" in done.stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize(
    ("thing", "name", "words"),
    [
        ("estimator", "MyMethod", "such as 'my-method'; got 'MyMethod'"),
        ("estimator", "2nd", "such as 'my-estimator'; got '2nd'"),
        ("estimator", "a/b", "such as 'a-b'; got 'a/b'"),
        ("estimator", "", "such as 'my-estimator'; got ''"),
        ("estimator", "random", "random.py would be in the way; try 'my-random'"),
        ("estimator", "torch", "torch.py would be in the way"),
        ("estimator", "lambda", "lambda.py would be in the way"),
        ("estimators", "mine", "cannot create 'estimators': did you mean 'estimator'"),
    ],
)
def test_what_cannot_be_created_is_refused(tmp_path: Path, thing: str, name: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        create(thing, name, tmp_path)
    assert words in str(error.value)
    assert not list(tmp_path.iterdir())


def test_another_folder_is_made(tmp_path: Path) -> None:
    written, test = create("estimator", "two_words", tmp_path / "new")
    assert (written.name, test.name) == ("two_words.py", "test_two_words.py")
    assert "class TwoWords(Estimator):" in written.read_text()
    assert "from two_words import TwoWords" in test.read_text()
