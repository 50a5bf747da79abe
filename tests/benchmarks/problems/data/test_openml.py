"""Collections come through scikit-learn's OpenML loader, here from a cache that the test writes; no network is touched."""

import gzip
import hashlib
import json
import socket
import time
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from benchmarks.problems.data import openml, store
from benchmarks.problems.data.home import DataError
from benchmarks.problems.data.originals import COLLECTIONS

MNIST = COLLECTIONS["mnist"]
ROWS = 14  # of which the first 12 are training images, as the first 60,000 of 70,000


@pytest.fixture(autouse=True)
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """No connection is made; those tried are noted."""
    tried: list[Any] = []

    def refuse(address: Any, *args: Any, **options: Any) -> NoReturn:
        tried.append(address)
        raise OSError("there is no network here")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between attempts
    return tried


def table(highest: int = 255, columns: int = 784) -> np.ndarray:
    return np.random.default_rng(0).integers(0, highest + 1, (ROWS, columns))


def write_cache(home: Path, pixels: np.ndarray, *, checksum: str | None = None) -> None:
    """What scikit-learn keeps of data set 554: its description, features and qualities, and the ARFF file itself."""
    columns = pixels.shape[1]
    lines = ["@RELATION mnist", *(f"@ATTRIBUTE pixel{i} INTEGER" for i in range(columns))]
    lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
    lines += [",".join(map(str, [*row, number % 10])) for number, row in enumerate(pixels)]
    arff = ("\n".join(lines) + "\n").encode()
    features = [_feature(i, f"pixel{i}", {"data_type": "numeric", "is_target": "false"}) for i in range(columns)]
    labels = {"data_type": "nominal", "is_target": "true", "nominal_value": [str(label) for label in range(10)]}
    features.append(_feature(columns, "class", labels))
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "description": "handwritten digits",
        "format": "ARFF",
        "status": "active",
        "url": "https://openml.org/data/v1/download/52667/mnist_784.arff",
        "file_id": "52667",
        "default_target_attribute": "class",
        "md5_checksum": checksum or hashlib.md5(arff).hexdigest(),
    }
    qualities = [{"name": "NumberOfInstances", "value": str(len(pixels))}]
    contents = {
        "api/v1/json/data/554": json.dumps({"data_set_description": description}).encode(),
        "api/v1/json/data/features/554": json.dumps({"data_features": {"feature": features}}).encode(),
        "api/v1/json/data/qualities/554": json.dumps({"data_qualities": {"quality": qualities}}).encode(),
        "data/v1/download/52667/mnist_784.arff": arff,
    }
    for path, content in contents.items():
        file = home / "openml" / "openml.org" / f"{path}.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(content))


def _feature(index: int, name: str, kind: dict[str, Any]) -> dict[str, Any]:
    always = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    return {"index": str(index), "name": name, **kind, **always}


def test_training_images_come_from_a_download(tmp_path: Path, attempts: list[Any]) -> None:
    pixels = table()
    write_cache(tmp_path, pixels)
    told: list[str] = []
    images, labels = openml.fetch(MNIST, tmp_path, told.append)
    assert images.dtype == np.uint8
    assert np.array_equal(images.reshape(12, 784), pixels[:12])
    assert labels.tolist() == [*range(10), 0, 1]
    assert told == [f"mnist is not in {tmp_path}: asking OpenML for number 554; this may take minutes"]
    assert attempts == []


def test_a_second_time_the_arrays_are_read_and_nothing_is_said(tmp_path: Path) -> None:
    write_cache(tmp_path, table())
    first, _ = openml.fetch(MNIST, tmp_path, lambda text: None)
    for file in (tmp_path / "openml" / "openml.org").rglob("*.gz"):
        file.unlink()
    told: list[str] = []
    again, _ = openml.fetch(MNIST, tmp_path, told.append)
    assert np.array_equal(first, again)
    assert told == []


def test_without_a_network_it_says_what_to_download_and_where_to_put_it(tmp_path: Path, attempts: list[Any]) -> None:
    with pytest.raises(DataError) as error:
        openml.fetch(MNIST, tmp_path / "cache", lambda text: None)
    text = str(error.value)
    assert "there is no network here" in text
    assert "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz" in text
    assert f"into {tmp_path / 'cache' / 'mnist'}, or name the folder" in text
    assert {host for host, _ in attempts} == {"www.openml.org"}
    assert not store.holds(tmp_path / "cache" / "openml", "mnist")


def test_a_download_that_was_cut_off_is_not_used(tmp_path: Path) -> None:
    write_cache(tmp_path, table(), checksum="0" * 32)
    with pytest.raises(DataError, match="OpenML does not give it"):
        openml.fetch(MNIST, tmp_path, lambda text: None)
    assert not store.holds(tmp_path / "openml", "mnist")


@pytest.mark.parametrize(
    ("pixels", "words"),
    [(table(highest=300), "from 0 to 300; mnist has 784 whole ones"), (table(columns=9), "holds 9 numbers")],
)
def test_something_else_under_the_number_is_refused(tmp_path: Path, pixels: np.ndarray, words: str) -> None:
    pixels[0, :2] = pixels[0, :2] * 0 + (0, pixels.max())
    write_cache(tmp_path, pixels)
    with pytest.raises(DataError, match=words):
        openml.fetch(MNIST, tmp_path, lambda text: None)


def test_the_limit_on_silence_is_taken_back(tmp_path: Path) -> None:
    before = socket.getdefaulttimeout()
    with pytest.raises(DataError):
        openml.fetch(MNIST, tmp_path, lambda text: None)
    assert socket.getdefaulttimeout() == before
