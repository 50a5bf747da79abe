"""What a process is changed in is seen by name; what is only used is not."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import residue


@contextmanager
def _done(change: Callable[[], object], undo: Callable[[], object]) -> Iterator[None]:
    change()
    try:
        yield
    finally:
        undo()


@contextmanager
def _random_state() -> Iterator[None]:
    with torch.random.fork_rng(devices=()):
        torch.rand(1)
        yield


@contextmanager
def _numpy_state() -> Iterator[None]:
    before = np.random.get_state()
    np.random.rand()
    yield
    np.random.set_state(before)


@contextmanager
def _thread() -> Iterator[None]:
    event = threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    yield
    event.set()
    thread.join()


CHANGES: dict[str, tuple[str, Callable[[], AbstractContextManager[object]]]] = {
    "dtype": (
        "default dtype",
        lambda: _done(lambda: torch.set_default_dtype(torch.float64), lambda: torch.set_default_dtype(torch.float32)),
    ),
    "threads of torch": ("threads of torch", lambda: _done(lambda: torch.set_num_threads(3), lambda: torch.set_num_threads(1))),
    "gradients off": ("modes", torch.no_grad),
    "torch's random state": ("random states", _random_state),
    "numpy's random state": ("random states", _numpy_state),
    "a thread": ("Python threads", _thread),
    "a child": ("child processes", lambda: subprocess.Popen(["cat"], stdin=subprocess.PIPE)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_named_and_alone(one_thread: None, change: str) -> None:
    name, made = CHANGES[change]
    before = residue.snapshot()
    with made():
        assert residue.changed(before) == [name]
    assert residue.changed(before) == []


def test_directory_and_environment_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = residue.snapshot()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFENDED", "yes")
    assert residue.changed(before) == ["working directory", "environment"]


def test_a_directory_that_was_removed_is_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    before = residue.snapshot()
    (tmp_path / "gone").rmdir()
    assert residue.changed(before) == ["working directory"]


def test_what_torch_itself_sets_when_it_imports_its_parts_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    before = residue.snapshot()
    monkeypatch.setenv("KMP_INIT_AT_FORK", "FALSE")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", os.devnull)
    assert residue.changed(before) == []


def test_code_that_was_compiled_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch._inductor.compile_fx", raising=False)
    before = residue.snapshot()
    monkeypatch.setitem(sys.modules, "torch._inductor.compile_fx", residue)
    assert residue.changed(before) == ["compiled code"]


def test_pythons_random_state_is_put_back() -> None:
    before = random.getstate()
    with residue.python_random_state_kept():
        random.seed(3)
    assert random.getstate() == before


def test_a_process_that_captures_graphs_measures_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "estimators.captured", raising=False)
    before = residue.snapshot()
    monkeypatch.setitem(sys.modules, "estimators.captured", residue)
    assert residue.changed(before) == ["captured graphs"]
