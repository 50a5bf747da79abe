"""Equal code in pairs of fresh processes, timed on this machine; what the others do meanwhile is noted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.doctor.book import Book
from benchmarks.doctor.equal_code import equal_code, noise_finding
from benchmarks.doctor.load import meanwhile_finding
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.doctor.workers import Crew, LostError
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
    """Time the same cells in pairs of fresh processes, in the order A B, B A, ...

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
    others = []
    try:
        for number, worker in enumerate(_fresh(book, crew, place, first)):
            side = 0 if number % 4 in (0, 3) else 1
            before = load_now(worker.pid)
            for label in list(cells)[:: -1 if number % 2 else 1]:
                multiples[label][side].append(crew.ask(worker, _timed(cells[label], book.depth.budget), _LIMIT))
            others.append(other_load(before, load_now(worker.pid)))
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


def _fresh(book: Book, crew: Crew, place: Place, first: Sequence[WorkerProcess]) -> Iterator[WorkerProcess]:
    """New processes one after another, some of which are started together."""
    count, ready = 2 * book.depth.pairs, list(first)
    for number in range(count):
        ready = ready or started(crew, place, count - number)
        book.next(f"equal code, process {number + 1} of {count}")
        yield ready.pop(0)


def _timed(cell: Cell, budget: float) -> dict[str, Any]:
    """The request for a cell's multiple."""
    return {"probe": "equal code", "with": {"cell": cell.to_json(), "precision": PRECISION, "budget": budget}}
