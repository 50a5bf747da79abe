"""Equal code in pairs of fresh processes, timed on this machine; what the others do meanwhile is noted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from benchmarks.doctor.book import Book
from benchmarks.doctor.equal_code import equal_code, noise_finding
from benchmarks.doctor.load import meanwhile_finding
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.doctor.workers import Crew, LostError
from benchmarks.executors.process import WorkerProcess
from benchmarks.harness.machine import load_now, other_load, physical_cores, usable_cores
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell, Outcome, Record
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

_LIMIT = 120.0  # seconds for a cell; none takes a tenth of it unless something hangs
_AT_ONCE = 4  # workers started together: each holds about 250 MB


def together() -> int:
    """How many workers to start at once: what that saves is the import of torch on cores that would be idle."""
    return max(1, min(_AT_ONCE, physical_cores()))


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
        for number, worker in enumerate(_fresh(book, crew, first)):
            side = 0 if number % 4 in (0, 3) else 1
            before = load_now(worker.pid)
            for label in list(cells)[:: -1 if number % 2 else 1]:
                multiples[label][side].append(_multiple(crew, worker, cells[label]))
            others.append(other_load(before, load_now(worker.pid)))
            crew.dismiss(worker)
        result = equal_code(place, datetime.now(UTC).isoformat(timespec="seconds"), multiples)
    except (LostError, ValueError) as error:
        book.lost("equal code", error)
        return None
    book.findings += [meanwhile_finding(others, place.threads, usable_cores()), noise_finding(result)]
    return result.floor


def _cells(count: int, place: Place) -> dict[str, Cell]:
    return {
        f"{estimator} on {problem}": Cell(
            ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), "cost", place.device, threads=place.threads
        )
        for estimator, problem in CELLS[:count]
    }


def _fresh(book: Book, crew: Crew, first: Sequence[WorkerProcess]) -> Iterator[WorkerProcess]:
    """New processes one after another, some of which are started together."""
    count, started = 2 * book.depth.pairs, list(first)
    for number in range(count):
        if not started:
            started += crew.start(min(together(), count - number))
        book.next(f"equal code, process {number + 1} of {count}")
        yield started.pop(0)


def _multiple(crew: Crew, worker: WorkerProcess, cell: Cell) -> float:
    record = Record.from_json(crew.ask(worker, {"cell": cell.to_json()}, _LIMIT))
    if record.outcome is not Outcome.OK:
        raise ValueError(f"{cell.estimator} on {cell.problem}: {record.outcome.value}: {record.reason}")
    value = next(metric.value for metric in record.metrics if metric.metric == "multiple")
    if value is None:
        raise ValueError(f"{cell.estimator} on {cell.problem} has no multiple")
    return float(value)
