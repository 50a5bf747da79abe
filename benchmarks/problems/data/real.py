"""The digits bundled with scikit-learn.

scikit-learn is slow to import and not wanted in a process that measures: `prepare` writes the digits once to a folder, from
which workers read them by numpy alone (nothing is unpickled).
"""

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

FILE = "digits.npz"
_LARGEST_PIXEL = 16  # the images are counts of 4 x 4 binary pixels


@dataclass(frozen=True)
class Digits:
    """Handwritten digits: 1797 grey images of 8 x 8 pixels, scaled to 0 ... 1."""

    images = 1797

    @property
    def shape(self) -> tuple[int, ...]:
        """One channel of 8 x 8 pixels."""
        return (1, 8, 8)

    @property
    def classes(self) -> int:
        """Ten digits."""
        return 10

    def batch(self, size: int, *, seed: int, folder: Path | None) -> tuple[Tensor, Tensor]:
        """The first `size` images after a seeded shuffle; see `Data.batch`.

        Raises:
            ValueError: there are fewer images than asked for.
            FileNotFoundError: the folder was not prepared.
        """
        if size > self.images:
            raise ValueError(f"the digits are {self.images} images, so batch={size} is too many; data=synthetic has no limit")
        images, labels = _bundled() if folder is None else read(folder)
        chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:size]
        pixels = torch.from_numpy(images)[chosen].reshape(-1, *self.shape)
        return pixels / _LARGEST_PIXEL, torch.from_numpy(labels)[chosen]

    def phrase(self, size: int) -> str:
        """Name, number of images taken, number of images."""
        return f"scikit-learn digits, {size} of {self.images} images"


def prepare(folder: Path) -> Path:
    """Write the digits to a folder, whole or not at all; does nothing where they are already there.

    Imports scikit-learn: not for a process that measures.

    Args:
        folder: made where it is missing.

    Returns:
        The file written, `digits.npz`: `images` [1797, 64] float32 (0 ... 16) and `labels` [1797] int64.
    """
    path = folder / FILE
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = _bundled()
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, images=images, labels=labels)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def read(folder: Path) -> tuple[Any, Any]:
    """Read what `prepare` wrote.

    Returns:
        Images [1797, 64] float32 and labels [1797] int64, numpy arrays.

    Raises:
        FileNotFoundError: the folder was not prepared.
        ValueError: the file holds pickled objects or is no archive of arrays.
    """
    path = folder / FILE
    if not path.exists():
        raise FileNotFoundError(f"there is no {FILE} in {folder}: benchmarks.problems.data.prepare writes it")
    with np.load(path, allow_pickle=False) as archive:
        return archive["images"], archive["labels"]


@cache
def _bundled() -> tuple[Any, Any]:
    from sklearn.datasets import load_digits  # slow, and absent from processes that measure

    digits = load_digits()
    return digits.data.astype(np.float32), digits.target.astype(np.int64)
