"""Equal code in pairs of fresh processes, timed on this machine; what the others do meanwhile is noted."""

import math
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.doctor.book import Book
from benchmarks.doctor.equal_code import equal_code, noise_finding
from benchmarks.doctor.load import meanwhile_finding
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.doctor.workers import Crew, LostError
from benchmarks.executors.events import TURN
from benchmarks.executors.process import WorkerProcess
from benchmarks.harness.machine import load_now, other_load, physical_cores, usable_cores
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell
from estimators.registry import ESTIMATORS

CELLS = (
    ("backprop", "mlp[data=synthetic]"),
    ("backprop", "logistic-regression[data=synthetic]"),
    ("forward-gradient[directions=rademacher]", "mlp[data=synthetic]"),
    ("spsa", "logistic-regression[data=synthetic]"),
)
"""What is timed as A and as B, the most telling first: dense and small work, a tape, forward mode, two plain passes."""

PRECISION = 0.02
"""Of a cell, as in a run: what remains of its own noise is part of the noise floor."""

_FIRST = ("backprop", "sphere[n=2]")  # not kept: what a process measures first takes a second of imports
_LIMIT = 120.0  # seconds for a cell; none takes a tenth of it unless something hangs
_SHORT = 0.01  # seconds
_AT_ONCE = 4  # workers started together: each holds about 250 MB


def started(crew: Crew, place: Place, most: int) -> list[WorkerProcess]:
    """As many workers as import torch side by side on cores that would be idle; each has measured something that is not kept.

    That makes all of them import what a cell needs before any of them is timed.

    Args:
        crew: starts them.
        place: what is measured.
        most: that are wanted.

    Raises:
        StartError: one of them does not start.
    """
    return crew.start(max(1, min(most, _AT_ONCE, physical_cores())), _timed(_cell(*_FIRST, place), _SHORT))


def measure_in_pairs(book: Book, crew: Crew, place: Place, first: Sequence[WorkerProcess]) -> NoiseFloor | None:
    """Time the same cells in pairs of fresh processes that take turns, as `benchmarks.turns` has them.

    Args:
        book: takes the findings.
        crew: starts the processes.
        place: what is measured.
        first: processes that have been started already.

    Returns:
        The noise floor; None where a cell could not be measured.
    """
    cells = _cells(book.depth.cells, place)
    multiples: dict[str, tuple[list[float], list[float]]] = {label: ([], []) for label in cells}
    others, ready = [], list(first)
    try:
        for number in range(book.depth.pairs):
            book.next(f"equal code, pair {number + 1} of {book.depth.pairs}")
            pair, ready = _two(crew, place, ready, 2 * (book.depth.pairs - number))
            before = load_now(os.getpid())
            for label, found in _of_pair(crew, pair, cells, book.depth.budget, number).items():
                for side, multiple in zip(multiples[label], found, strict=True):
                    side.append(multiple)
            others.append(other_load(before, load_now(os.getpid())))
            for worker in pair:
                crew.dismiss(worker)
        result = equal_code(place, datetime.now(UTC).isoformat(timespec="seconds"), multiples)
    except (LostError, ValueError) as error:
        book.lost("equal code", error)
        return None
    book.findings += [meanwhile_finding(others, place.threads, usable_cores()), noise_finding(result)]
    return result.floor


def _cells(count: int, place: Place) -> dict[str, Cell]:
    return {f"{estimator} on {problem}": _cell(estimator, problem, place) for estimator, problem in CELLS[:count]}


def _cell(estimator: str, problem: str, place: Place) -> Cell:
    return Cell(ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), "cost", place.device, threads=place.threads)


def _two(crew: Crew, place: Place, ready: Sequence[WorkerProcess], most: int) -> tuple[list[WorkerProcess], list[WorkerProcess]]:
    """Two new processes, and those that were started together with them for later."""
    workers = list(ready)
    while len(workers) < 2:
        workers += started(crew, place, most - len(workers))
    return workers[:2], workers[2:]


def _of_pair(
    crew: Crew, pair: Sequence[WorkerProcess], cells: Mapping[str, Cell], budget: float, number: int
) -> dict[str, list[float]]:
    """Cell -> what A and B of pair `number` find: in turns on the CPU, one process after the other elsewhere."""
    found = {label: [math.nan, math.nan] for label in cells}
    if all(cell.device == "cpu" for cell in cells.values()):
        for turn, (label, cell) in enumerate(cells.items(), start=number):
            step = 1 - 2 * (turn % 2)
            found[label] = crew.ask_in_turns(pair[::step], {**_timed(cell, budget), "turn": TURN}, _LIMIT)[::step]
        return found
    for side in (0, 1) if number % 2 == 0 else (1, 0):
        for label, cell in cells.items():
            found[label][side] = crew.ask(pair[side], _timed(cell, budget), _LIMIT)
    return found


def _timed(cell: Cell, budget: float) -> dict[str, Any]:
    """The request for a cell's multiple."""
    return {"probe": "equal code", "with": {"cell": cell.to_json(), "precision": PRECISION, "budget": budget}}
