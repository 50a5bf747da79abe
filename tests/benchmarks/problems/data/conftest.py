"""Small files of the original formats, written byte by byte from their descriptions."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


def idx(array: np.ndarray) -> bytes:
    """An IDX file of bytes: magic number, big-endian sizes, entries."""
    return b"\0\0\x08" + bytes([array.ndim]) + b"".join(struct.pack(">I", size) for size in array.shape) + array.tobytes()


@pytest.fixture
def pixels() -> np.ndarray:
    """Twelve images of 28 x 28."""
    return np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)


@pytest.fixture
def colours() -> np.ndarray:
    """Fifteen images of 3 x 32 x 32."""
    return np.random.default_rng(1).integers(0, 256, (15, 3, 32, 32), dtype=np.uint8)


@pytest.fixture
def write_mnist(pixels: np.ndarray) -> Callable[..., Path]:
    """Writes the training files of MNIST, the labels counting from 0: `write_mnist(folder, compressed=False)`."""

    def write(folder: Path, *, compressed: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        labels = (np.arange(len(pixels)) % 10).astype(np.uint8)
        for name, array in (("train-images-idx3-ubyte", pixels), ("train-labels-idx1-ubyte", labels)):
            content = idx(array)
            (folder / (f"{name}.gz" if compressed else name)).write_bytes(gzip.compress(content) if compressed else content)
        return folder

    return write


@pytest.fixture
def write_cifar10(colours: np.ndarray) -> Callable[[Path], Path]:
    """Writes the training files of CIFAR-10, three images each, the labels counting from 0: `write_cifar10(folder)`."""

    def write(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for batch in range(5):
            numbers = range(3 * batch, 3 * batch + 3)
            records = b"".join(bytes([number % 10]) + colours[number].tobytes() for number in numbers)
            (folder / f"data_batch_{batch + 1}.bin").write_bytes(records)
        return folder

    return write
