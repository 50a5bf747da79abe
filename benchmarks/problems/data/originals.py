"""The files in which MNIST and CIFAR-10 were published, and how they are read.

MNIST: IDX files (LeCun, Cortes and Burges 1998): four bytes of magic number, of which the third is the type (8 for bytes) and the
fourth the number of dimensions; each dimension as a big-endian 32-bit number; then the bytes. CIFAR-10 (Krizhevsky 2009), "binary
version": records of one byte for the label and 3 x 1024 for the pixels, channel by channel, row by row.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problems.data.home import DataError
from benchmarks.problems.data.store import Arrays

CLASSES = 10
_BYTES = 8  # the type in an IDX file's magic number
_CIFAR_SHAPE = (3, 32, 32)


@dataclass(frozen=True)
class Collection:
    """A published collection of labelled images, of which the training set is wanted.

    Attributes:
        name: as in specs.
        files: their names, each as published; the ending `.gz`, where there is one, may be missing.
        folders: where they may lie below the folder for data, the first being the recommended place.
        read: turns paths (in the order of `files`) to arrays.
        advice: where the files are published.
        openml: number of the collection on OpenML.
        share: training images among all that OpenML has, which come first: (part, whole).
        shape: of one image.
    """

    name: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    read: Callable[[Sequence[Path]], Arrays]
    advice: str
    openml: int
    share: tuple[int, int]
    shape: tuple[int, int, int]

    def find(self, home: Path) -> list[Path] | None:
        """The files below the folder for data; None if there are none at all.

        Raises:
            DataError: some are there and others are missing.
        """
        for folder in (home / name for name in self.folders):
            found = {file: _variant(folder, file) for file in self.files}
            missing = [file for file, path in found.items() if path is None]
            if not missing:
                return [path for path in found.values() if path is not None]
            if len(missing) < len(found):
                raise DataError(f"{folder} holds a part of {self.name}, but not {' and '.join(missing)} ({self.advice})")
        return None

    def how_to_get(self, home: Path) -> str:
        """What to download and where to put it."""
        return (
            f"Put {', '.join(self.files)} ({self.advice}) into {home / self.folders[0]}, "
            "or name the folder that holds them with --data DIR or GRADGAUGE_DATA=DIR."
        )


def read_idx(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Read an IDX file of bytes, compressed or not.

    Returns:
        An array of the shape that the file states.

    Raises:
        DataError: it is no such file, or it ends too early or too late.
    """
    content = _content(path)
    if len(content) < 4 or content[:3] != bytes((0, 0, _BYTES)):
        raise DataError(f"{path} is no IDX file of bytes: it begins with {content[:4].hex(' ') or 'nothing'}, not with 00 00 08")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise DataError(f"{path} ends after {len(content)} bytes, within its dimensions")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    expected = start + math.prod(shape)
    if len(content) != expected:
        raise DataError(f"{path} has {len(content)} bytes; {' x '.join(map(str, shape))} entries need {expected}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_cifar(path: Path) -> Arrays:
    """Read one file of CIFAR-10's binary version.

    Raises:
        DataError: its length is not that of whole records.
    """
    content = _content(path)
    size = 1 + math.prod(_CIFAR_SHAPE)
    if not content or len(content) % size:
        raise DataError(f"{path} has {len(content)} bytes, which are no whole number of records of {size}")
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    return records[:, 1:].reshape(-1, *_CIFAR_SHAPE), records[:, 0].astype(np.int64)


def _read_mnist(paths: Sequence[Path]) -> Arrays:
    images, labels = map(read_idx, paths)
    if images.ndim != 3 or labels.ndim != 1:
        raise DataError(f"{paths[0]} and {paths[1]} have {images.ndim} and {labels.ndim} dimensions; expected 3 and 1")
    return images[:, None], labels.astype(np.int64)


def _read_cifar10(paths: Sequence[Path]) -> Arrays:
    images, labels = zip(*map(read_cifar, paths), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _variant(folder: Path, file: str) -> Path | None:
    """The file under its name, uncompressed, or as some programs unpack it (a dot for the hyphen before `idx`)."""
    plain = file.removesuffix(".gz")
    candidates = (plain, file, plain.replace("-idx", ".idx"))
    return next((folder / name for name in candidates if (folder / name).is_file()), None)


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None


COLLECTIONS = {
    "mnist": Collection(
        name="mnist",
        files=("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
        folders=("mnist", "MNIST/raw", "."),
        read=_read_mnist,
        advice="10 MB, https://ossci-datasets.s3.amazonaws.com/mnist/",
        openml=554,
        share=(6, 7),
        shape=(1, 28, 28),
    ),
    "cifar10": Collection(
        name="cifar10",
        files=tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
        folders=("cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin", "."),
        read=_read_cifar10,
        advice="unpacked from https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, 162 MB",
        openml=40927,
        share=(5, 6),
        shape=_CIFAR_SHAPE,
    ),
}
"""Name in specs -> collection."""
