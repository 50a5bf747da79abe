"""Arrays come back as they were written, whole or not at all, and nothing is unpickled."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.problems.data import store

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 1, 3, 4)
LABELS = np.array([3, 1])


def test_arrays_come_back(tmp_path: Path) -> None:
    assert not store.holds(tmp_path / "deep" / "folder", "mine")
    store.write(tmp_path / "deep" / "folder", "mine", (IMAGES, LABELS))
    assert store.holds(tmp_path / "deep" / "folder", "mine")
    images, labels = store.read(tmp_path / "deep" / "folder", "mine")
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(labels, LABELS)
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    store.write(tmp_path, "mine", (IMAGES, LABELS))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine-images.npy", "mine-labels.npy"]


def test_half_of_it_is_nothing(tmp_path: Path) -> None:
    store.write(tmp_path, "mine", (IMAGES, LABELS))
    (tmp_path / "mine-images.npy").unlink()
    assert not store.holds(tmp_path, "mine")
    with pytest.raises(FileNotFoundError, match=r"holds no prepared mine: .*prepare"):
        store.read(tmp_path, "mine")


@pytest.mark.parametrize("part", ["images", "labels"])
def test_nothing_is_unpickled(tmp_path: Path, part: str) -> None:
    store.write(tmp_path, "mine", (IMAGES, LABELS))
    np.save(tmp_path / f"mine-{part}.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"Python objects|allow_pickle=False"):
        store.read(tmp_path, "mine")
