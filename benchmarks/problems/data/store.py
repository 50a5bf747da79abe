"""Images and labels as two .npy files in a folder: written once, whole or not at all, read by numpy alone without unpickling."""

import os
import tempfile
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

Arrays: TypeAlias = tuple[np.ndarray[Any, np.dtype[np.uint8]], np.ndarray[Any, np.dtype[np.int64]]]
"""Images [number, channels, height, width] as stored pixels, and labels [number]."""

_PARTS: dict[str, Literal[0, 1]] = {
    "labels": 1,
    "images": 0,
}  # place in the pair; images last, so that they are there only where all is


def holds(folder: Path, name: str) -> bool:
    """Whether the folder holds these data."""
    return all(_path(folder, name, part).exists() for part in _PARTS)


def write(folder: Path, name: str, arrays: Arrays) -> None:
    """Write `NAME-images.npy` and `NAME-labels.npy`; the folder is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, place in _PARTS.items():
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.save(file, arrays[place], allow_pickle=False)
            Path(temporary).replace(_path(folder, name, part))
        finally:
            Path(temporary).unlink(missing_ok=True)


def read(folder: Path, name: str) -> Arrays:
    """Open what `write` wrote; images are mapped, so that only those looked at are read.

    Raises:
        FileNotFoundError: the folder does not hold these data.
        ValueError: a file holds pickled objects or no array.
    """
    if not holds(folder, name):
        raise FileNotFoundError(f"{folder} holds no prepared {name}: benchmarks.problems.data.preparation.prepare writes them")
    images = np.load(_path(folder, name, "images"), mmap_mode="r", allow_pickle=False)
    return images, np.load(_path(folder, name, "labels"), allow_pickle=False)


def _path(folder: Path, name: str, part: str) -> Path:
    return folder / f"{name}-{part}.npy"
