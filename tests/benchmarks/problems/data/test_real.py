"""The digits are the real ones, scaled and shuffled by the seed; a prepared folder gives the same without scikit-learn."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from benchmarks.problems.data.real import FILE, Digits, prepare, read


def test_every_image_of_a_batch_is_one_of_the_real_digits_with_its_label() -> None:
    digits = load_digits()
    known = {image.tobytes(): int(label) for image, label in zip(digits.data / 16, digits.target, strict=True)}
    inputs, labels = Digits().batch(200, seed=3, folder=None)
    assert inputs.dtype == torch.float32
    assert [known[row.double().numpy().tobytes()] for row in inputs] == labels.tolist()


def test_the_largest_batch_holds_every_image_once() -> None:
    inputs, labels = Digits().batch(1797, seed=0, folder=None)
    assert sorted(labels.tolist()) == sorted(load_digits().target.tolist())
    assert len(torch.unique(inputs, dim=0)) == 1797


def test_a_batch_larger_than_the_data_is_refused_with_the_alternative() -> None:
    with pytest.raises(ValueError, match=r"1797 images, so batch=1798 is too many; data=synthetic"):
        Digits().batch(1798, seed=0, folder=None)


def test_seed_decides_the_batch() -> None:
    first, again, other = (Digits().batch(16, seed=seed, folder=None)[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_smaller_batch_is_the_beginning_of_a_larger_one() -> None:
    assert torch.equal(Digits().batch(8, seed=1, folder=None)[0], Digits().batch(32, seed=1, folder=None)[0][:8])


def test_prepared_folder_gives_the_same_batch(tmp_path: Path) -> None:
    prepare(tmp_path)
    for prepared, bundled in zip(
        Digits().batch(64, seed=5, folder=tmp_path), Digits().batch(64, seed=5, folder=None), strict=True
    ):
        assert torch.equal(prepared, bundled)


def test_reading_a_prepared_folder_imports_no_scikit_learn(tmp_path: Path) -> None:
    prepare(tmp_path)
    code = (
        "import sys, pathlib; from benchmarks.problems.problem import build_problem;"
        f"build_problem('mlp[width=2]', data_folder=pathlib.Path({str(tmp_path)!r}));"
        "print([name for name in ('sklearn', 'scipy', 'pandas') if name in sys.modules])"
    )
    root = Path(__file__).parents[4]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
    assert found == "[]\n"


def test_preparing_twice_writes_once_and_leaves_nothing_else(tmp_path: Path) -> None:
    written = prepare(tmp_path / "deep" / "folder")
    before = written.stat().st_mtime_ns
    assert prepare(tmp_path / "deep" / "folder") == written
    assert written.stat().st_mtime_ns == before
    assert [path.name for path in written.parent.iterdir()] == [FILE]


def test_a_folder_that_was_not_prepared_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"no {FILE} in .*prepare"):
        read(tmp_path)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    hostile = np.array([print], dtype=object)
    buffer = io.BytesIO()
    np.savez(buffer, images=hostile, labels=hostile)
    (tmp_path / FILE).write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read(tmp_path)


def test_phrases_say_what_the_batch_is() -> None:
    assert Digits().phrase(64) == "scikit-learn digits, 64 of 1797 images"
