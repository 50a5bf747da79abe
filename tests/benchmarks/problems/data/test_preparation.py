"""Real images are found, checked and handed on as arrays, from which those who measure read without scikit-learn."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.problems.data import store
from benchmarks.problems.data.home import DataError
from benchmarks.problems.data.preparation import arrays, load, prepare

Write = Callable[..., Path]
ROOT = Path(__file__).parents[4]


def test_everything_asked_for_is_written_once(tmp_path: Path, write_mnist: Write, write_cifar10: Write) -> None:
    write_mnist(tmp_path / "home" / "mnist")
    write_cifar10(tmp_path / "home" / "cifar10")
    folder = tmp_path / "arrays"
    prepare(["digits", "mnist", "cifar10"], folder, tmp_path / "home")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    prepare(["digits", "mnist", "cifar10"], folder, tmp_path / "absent")
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert [arrays(name, folder)[0].shape for name in ("digits", "mnist", "cifar10")] == [
        (1797, 1, 8, 8),
        (12, 1, 28, 28),
        (15, 3, 32, 32),
    ]


def test_original_files_go_before_an_earlier_download(tmp_path: Path, write_mnist: Write, pixels: np.ndarray) -> None:
    store.write(tmp_path / "openml", "mnist", (np.zeros((2, 1, 28, 28), np.uint8), np.array([1, 2])))
    assert load("mnist", tmp_path)[1].tolist() == [1, 2]
    write_mnist(tmp_path / "mnist")
    assert np.array_equal(load("mnist", tmp_path)[0][:, 0], pixels)


def test_images_and_labels_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    store.write(tmp_path / "openml", "mnist", (np.zeros((2, 1, 28, 28), np.uint8), np.array([1, 2, 3])))
    with pytest.raises(DataError, match="images of 2 x 1 x 28 x 28 and 3 labels; expected"):
        load("mnist", tmp_path)


def test_labels_beyond_the_classes_are_refused(tmp_path: Path, write_cifar10: Write) -> None:
    path = write_cifar10(tmp_path / "cifar10") / "data_batch_3.bin"
    path.write_bytes(bytes([10]) + path.read_bytes()[1:])
    with pytest.raises(DataError, match=r"cifar10 in .* has labels other than 0 to 9"):
        load("cifar10", tmp_path)


def test_reading_prepared_arrays_imports_no_scikit_learn(tmp_path: Path, write_mnist: Write) -> None:
    write_mnist(tmp_path / "mnist")
    prepare(["digits", "mnist"], tmp_path / "arrays", tmp_path)
    code = (
        "import sys, pathlib; from benchmarks.problems.problem import build_problem;"
        f"folder = pathlib.Path({str(tmp_path / 'arrays')!r});"
        "build_problem('mlp[width=2]', data_folder=folder);"
        "build_problem('mlp[width=2,batch=4,data=mnist]', data_folder=folder);"
        "print([name for name in ('sklearn', 'scipy', 'pandas') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert found == "[]\n"
