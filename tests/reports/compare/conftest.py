"""Run folders to compare, written with the records' own interface."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records import Cell, Record

MakeFolder = Callable[..., Path]

ESTIMATOR, PROBLEM = "backprop", "mlp[width=256]"


@pytest.fixture
def timed(record_of: Callable[..., Record]) -> Callable[..., list[Record]]:
    """Records of one cell's multiple in several processes: `timed([3.0, 3.1, ...], estimator=..., first=0, step=2, ...)`.

    Process i started at second `first` + i * `step`; further keywords are fields of the cell.
    """

    def make(multiples: Sequence[float], estimator: str = ESTIMATOR, problem: str = PROBLEM, **more: Any) -> list[Record]:
        first, step = more.pop("first", 0), more.pop("step", 2)
        return [
            replace(
                record_of(
                    Cell(estimator, problem, "cost", process=process, **more), multiple=(value, value * 0.99, value * 1.01)
                ),
                started=f"2026-11-21T10:00:{first + step * process:02d}+00:00",
            )
            for process, value in enumerate(multiples)
        ]

    return make


@pytest.fixture
def single(record_of: Callable[..., Record]) -> Callable[..., Record]:
    """The record of a cell of another kind: `single("memory", peak_bytes=100)`; the outcome and fields of the cell by name."""

    def make(kind: str, estimator: str = ESTIMATOR, problem: str = PROBLEM, **more: Any) -> Record:
        fields = {name: more.pop(name) for name in ("device", "dtype", "threads", "seed", "process") if name in more}
        outcome, reason = more.pop("outcome", "ok"), more.pop("reason", "")
        return record_of(Cell(estimator, problem, kind, **fields), outcome, reason, **more)

    return make
