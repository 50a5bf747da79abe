"""Original files are read as their formats say, wherever they may lie; what is missing, cut off or something else is named."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.problems.data.home import DataError
from benchmarks.problems.data.originals import COLLECTIONS, read_cifar, read_idx

Write = Callable[..., Path]
MNIST, CIFAR10 = COLLECTIONS["mnist"], COLLECTIONS["cifar10"]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("place", ["mnist", "MNIST/raw", "."])
def test_mnist_is_read_from_idx_files(
    tmp_path: Path, write_mnist: Write, pixels: np.ndarray, place: str, compressed: bool
) -> None:
    write_mnist(tmp_path / place, compressed=compressed)
    paths = MNIST.find(tmp_path)
    assert paths is not None
    images, labels = MNIST.read(paths)
    assert np.array_equal(images[:, 0], pixels)
    assert labels.tolist() == [*range(10), 0, 1]


def test_names_with_a_dot_are_found_too(tmp_path: Path, write_mnist: Write) -> None:
    folder = write_mnist(tmp_path / "mnist", compressed=False)
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace("-idx", ".idx"))
    assert MNIST.find(tmp_path) == [folder / "train-images.idx3-ubyte", folder / "train-labels.idx1-ubyte"]


@pytest.mark.parametrize("place", ["cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin", "."])
def test_cifar10_is_read_from_binary_records(tmp_path: Path, write_cifar10: Write, colours: np.ndarray, place: str) -> None:
    write_cifar10(tmp_path / place)
    paths = CIFAR10.find(tmp_path)
    assert paths is not None
    images, labels = CIFAR10.read(paths)
    assert np.array_equal(images, colours)
    assert labels.tolist() == [number % 10 for number in range(15)]


def test_files_that_are_nowhere_are_not_found(tmp_path: Path) -> None:
    assert MNIST.find(tmp_path) is None
    assert CIFAR10.find(tmp_path / "absent") is None


def test_a_part_of_the_files_is_refused_with_the_missing_ones(tmp_path: Path, write_cifar10: Write) -> None:
    folder = write_cifar10(tmp_path / "cifar10")
    for number in (2, 5):
        (folder / f"data_batch_{number}.bin").unlink()
    with pytest.raises(DataError, match=r"cifar10, but not data_batch_2.bin and data_batch_5.bin \(.*cs.toronto.edu"):
        CIFAR10.find(tmp_path)


def test_what_to_get_names_files_address_and_folder(tmp_path: Path) -> None:
    text = MNIST.how_to_get(tmp_path)
    for part in ("train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz", "https://", str(tmp_path / "mnist"), "--data DIR"):
        assert part in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no IDX file of bytes: it begins with nothing"),
        (b"<html>", "it begins with 3c 68 74 6d, not with 00 00 08"),
        (b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", "it begins with 00 00 0d 01"),  # floats
        (b"\0\0\x08\x02\0\0\0\x02", "ends after 8 bytes, within its dimensions"),
        (b"\0\0\x08\x01\0\0\0\x03ab", "has 10 bytes; 3 entries need 11"),
        (b"\0\0\x08\x01\0\0\0\x03abcd", "has 12 bytes; 3 entries need 11"),
        (b"\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff", "4294967295 x 4294967295 entries need 18446744065119617037"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x03abc", mtime=0)[:-9], "cannot be read"),
        (b"\x1f\x8b\x08", "cannot be read"),
    ],
)
def test_a_damaged_idx_file_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_idx(path)
    assert words in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("length", [0, 3072, 3074])
def test_a_cifar_file_cut_off_within_a_record_is_refused_with_its_length(tmp_path: Path, length: int) -> None:
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(bytes(length))
    with pytest.raises(DataError, match=f"data_batch_1.bin has {length} bytes, which are no whole number of records of 3073"):
        read_cifar(path)


def test_images_in_place_of_labels_are_refused(tmp_path: Path, write_mnist: Write) -> None:
    folder = write_mnist(tmp_path / "mnist", compressed=False)
    (folder / "train-labels-idx1-ubyte").write_bytes((folder / "train-images-idx3-ubyte").read_bytes())
    paths = MNIST.find(tmp_path)
    assert paths is not None
    with pytest.raises(DataError, match="have 3 and 3 dimensions; expected 3 and 1"):
        MNIST.read(paths)
