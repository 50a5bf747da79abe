"""What several folders of tests share: run folders written from records at hand, without measuring anything; one thread."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records import PROTOCOL_VERSION, Cell, Metric, Outcome, Record, RunFolder

MakeRun = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the verdicts of tests out of the user's cache, also those of processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADGAUGE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A state folder for the tests alone: what `gradgauge doctor` has kept for this user is none of their business."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Run torch on one thread, as workers do: two on a busy machine wait for each other at every small operation."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def record_of() -> Callable[..., Record]:
    """Makes a record: `record_of(cell, outcome, reason, marks=..., multiple=(value, low, high), cosine=0.1, ...)`."""
    return _record


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes a run folder: `make_run(records, planned=cells, name="run", provenance={...}, options={...}, ...)`.

    Planned are the records' own cells; what else is named goes into its `run.json`.
    """
    return partial(_run, tmp_path)


@pytest.fixture(scope="session")
def make_lasting_run(tmp_path_factory: pytest.TempPathFactory) -> MakeRun:
    """The same for runs that many tests read."""
    return lambda *args, **options: _run(tmp_path_factory.mktemp("lasting"), *args, **options)


def _record(cell: Cell, outcome: str = "ok", reason: str = "", marks: Iterable[str] = (), n: int = 64, **metrics: Any) -> Record:
    values = [
        Metric(name, *_spread(value), count=100) if isinstance(value, tuple) else Metric(name, value, "")
        for name, value in metrics.items()
    ]
    return Record(cell, Outcome(outcome), reason, frozenset(marks), tuple(values), facts={"n": n}, seconds=0.5)


def _run(
    parent: Path,
    records: Iterable[Record] = (),
    planned: Iterable[Cell] | None = None,
    name: str = "run",
    provenance: Mapping[str, Any] | None = None,
    **more: Any,
) -> Path:
    written = list(records)
    cells = [record.cell for record in written] if planned is None else list(planned)
    header = {
        "protocol": PROTOCOL_VERSION,
        "run": name,
        "command": "gradgauge run quick",
        "suite": "quick",
        "options": {"seed": 0},
        "cells": [cell.to_json() for cell in cells],
        "provenance": {"machine": "bench", "versions": {"torch": "2.13.0"}} if provenance is None else provenance,
        **more,
    }
    folder = RunFolder.create(parent / name, header)
    with folder.writing() as writer:
        for record in written:
            writer.append(record)
    return folder.path


def _spread(value: tuple[float, float, float]) -> tuple[float, str, None, float, float]:
    middle, low, high = value
    return middle, "", None, low, high
