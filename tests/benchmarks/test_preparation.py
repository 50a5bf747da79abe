"""A process of its own reads the data that are needed; what is missing or damaged is said; nothing is downloaded here."""

import struct
from pathlib import Path

import pytest

from benchmarks.preparation import Preparation, needed_data
from benchmarks.problems.data import store
from benchmarks.problems.data.home import VARIABLE
from benchmarks.records import Cell
from benchmarks.request import UsageError

MNIST = Cell("backprop", "mlp[activation=relu,batch=4,data=mnist,depth=1,width=4]", "memory")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # refuses connections
    monkeypatch.delenv(VARIABLE, raising=False)


def write_mnist(folder: Path, images: int = 6, labels: int = 6) -> None:
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">I3I", 0x803, images, 28, 28) + bytes(images * 784))
    (folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, labels) + bytes(labels))


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        ("mlp[data=digits]", "digits"),
        ("mlp[data=cifar10]", "cifar10"),
        ("mlp[data=synthetic[features=3]]", None),
        ("sphere[n=4]", None),
        ("transformer", None),
        ("contract", None),
        ("my.py:build[data=mnist]", None),  # a parameter of the user's own
    ],
)
def test_only_problems_of_ours_with_real_data_need_any(problem: str, name: str | None) -> None:
    assert needed_data(Cell("backprop", problem, "memory")) == name


def test_nothing_is_started_where_nothing_is_needed(tmp_path: Path) -> None:
    with Preparation(tmp_path / "arrays", [Cell("backprop", "sphere[n=4]", "memory")]) as data:
        assert data.done()
    assert list((tmp_path / "arrays").iterdir()) == []


def test_original_files_become_arrays_before_it_settles(tmp_path: Path) -> None:
    write_mnist(tmp_path / "mnist")
    told: list[str] = []
    with Preparation(tmp_path / "arrays", [MNIST, MNIST], tmp_path) as data:
        data.settle(told.append)
        assert store.read(tmp_path / "arrays", "mnist")[0].shape == (6, 1, 28, 28)
    assert told == []


def test_what_is_missing_is_said_with_what_to_put_where(tmp_path: Path) -> None:
    told: list[str] = []
    with Preparation(tmp_path / "arrays", [MNIST], tmp_path) as data, pytest.raises(UsageError) as error:
        data.settle(told.append)
    first, second = str(error.value).splitlines()
    assert first.startswith(f"mnist is not in {tmp_path}, and OpenML does not give it (")
    assert second.startswith("Put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz (")
    assert f"into {tmp_path / 'mnist'}, or name the folder that holds them with --data DIR" in second
    assert len(told) <= 1  # more cannot be: it is said once, unless it failed too soon


def test_what_is_damaged_is_named(tmp_path: Path) -> None:
    write_mnist(tmp_path / "mnist", labels=5)
    with (
        Preparation(tmp_path / "arrays", [MNIST], tmp_path) as data,
        pytest.raises(UsageError, match=f"mnist in {tmp_path}/mnist has images of 6 x 1 x 28 x 28 and 5 labels"),
    ):
        data.settle(lambda text: None)


def test_a_folder_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no folder .* for data, which --data names"):
        Preparation(tmp_path / "arrays", [MNIST], tmp_path / "absent")


def test_digits_are_not_waited_for(tmp_path: Path) -> None:
    with Preparation(tmp_path / "arrays", [Cell("backprop", "mlp[data=digits]", "memory")]) as data:
        data.settle(lambda text: None)
        assert not data.done()
