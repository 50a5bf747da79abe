"""The examination: every check in turn, what it found, and the noise floor that is kept if the machine is fit.

This process imports no torch; what needs it is read by workers. First it only looks on, then one worker tries threads, overhead
and forward mode, then fresh processes time equal code in pairs.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.doctor import store
from benchmarks.doctor.clocks import clock_findings, read_clocks
from benchmarks.doctor.equal_code import equal_code, noise_finding
from benchmarks.doctor.finding import Finding, Level
from benchmarks.doctor.forward_mode import forward_mode_finding
from benchmarks.doctor.load import load_finding, read_load
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.doctor.overhead import overhead_findings
from benchmarks.doctor.threads import counts, steadiness, thread_finding
from benchmarks.doctor.timer import read_timer, timer_finding
from benchmarks.doctor.workers import Crew, LostError
from benchmarks.executors.events import StartError
from benchmarks.executors.process import Launch, WorkerProcess
from benchmarks.harness import gpu
from benchmarks.harness.machine import describe, physical_cores, usable_cores
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

_LIMIT = 120.0  # seconds for an answer; nothing here takes a tenth of it unless something hangs
_AT_ONCE = 4  # workers started together: each holds about 250 MB


@dataclass(frozen=True)
class Depth:
    """How thoroughly to look.

    Attributes:
        look: seconds of looking on while nothing of ours runs.
        threads: seconds for all numbers of threads together.
        pairs: of processes that time equal code; 2 or more.
        cells: how many of `CELLS`.
        budget: seconds that the adaptive part of a cell may take.
    """

    look: float
    threads: float
    pairs: int
    cells: int
    budget: float


FULL = Depth(look=1.0, threads=3.0, pairs=6, cells=4, budget=0.6)
"""A minute on two quiet cores."""

QUICK = Depth(look=0.5, threads=0.5, pairs=3, cells=2, budget=0.25)
"""A quarter of a minute; few pairs leave the detection limit wide."""

PRECISION = 0.02
"""Of a cell, as in a run: what remains of its own noise is part of the noise floor."""

Progress = Callable[[int, int, str], None]
"""Told (steps done, of how many, what comes next)."""


@dataclass(frozen=True)
class Diagnosis:
    """What an examination comes to.

    Attributes:
        place: which machine, device, threads and torch; None where no worker could be started.
        findings: of all checks.
        floor: the noise floor; None where it could not be measured.
        kept: the file it is kept in; None where it is not.
        seconds: that it took.
    """

    place: Place | None
    findings: tuple[Finding, ...]
    floor: NoiseFloor | None
    kept: Path | None
    seconds: float

    @property
    def fit(self) -> bool:
        """Whether no finding is bad."""
        return all(finding.level is not Level.BAD for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "fit": self.fit,
            "place": None if self.place is None else vars(self.place),
            "findings": [finding.to_json() for finding in self.findings],
            "noise_floor": None if self.floor is None else {**self.floor.to_json(), **self.floor.figures()},
            "kept": None if self.kept is None else str(self.kept),
            "seconds": self.seconds,
        }


@dataclass
class _Book:
    """What is known so far."""

    depth: Depth
    progress: Progress
    findings: list[Finding] = field(default_factory=list)
    done: int = 0

    def next(self, what: str) -> None:
        """Say what comes next."""
        self.progress(self.done, 5 + 2 * self.depth.pairs, what)
        self.done += 1

    def lost(self, check: str, error: Exception) -> None:
        """Note that a check could not be made."""
        advice = "Look at the message; the torch installation, memory or a limit of the system stands in the way."
        self.findings.append(Finding(check, Level.BAD, f"could not be checked: {error}", advice))


def examine(
    depth: Depth = FULL,
    *,
    device: str = "cpu",
    threads: int = 1,
    progress: Progress = lambda done, total, what: None,
    folder: Path | None = None,
) -> Diagnosis:
    """Examine this machine.

    Args:
        depth: how thoroughly.
        device: `cpu`, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`.
        threads: of torch, in what is to be measured here.
        progress: is told how far it has come.
        folder: where the noise floor is kept; the user's own (`store.home`) by default.

    Raises:
        DeviceError: there is no such device, or another run holds it.
    """
    start, book = time.monotonic(), _Book(depth, progress)
    place, floor = None, None
    with ExitStack() as stack:
        found = None if device == "cpu" else gpu.resolve(device, gpu.gpus())
        uuid = "cpu" if found is None else found.uuid
        if uuid != "cpu":
            stack.enter_context(gpu.locked(uuid))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gradgauge-")))
        job = {"effort": {"precision": PRECISION, "budget": depth.budget}, "estimators_from": None}
        crew = stack.enter_context(Crew(Launch(job, scratch, scratch, uuid, threads)))
        book.next("other load, while nothing of ours runs")
        before = _look_on(book, threads)
        try:
            place = _with_torch(book, crew, uuid, threads)
            floor = _equal_code(book, crew, place)
        except StartError as error:
            book.lost("workers", error)
        book.findings[1:1] = clock_findings(before, read_clocks())
    diagnosis = Diagnosis(place, tuple(book.findings), floor, None, time.monotonic() - start)
    return with_floor_kept(diagnosis, folder or store.home())


def _look_on(book: _Book, threads: int) -> Any:
    book.findings.append(load_finding(read_load(book.depth.look), threads, usable_cores()))
    book.findings.append(timer_finding(read_timer()))
    return read_clocks()


def _with_torch(book: _Book, crew: Crew, device: str, threads: int) -> Place:
    """What one worker can read; a check that costs it its life costs only itself."""
    name, tried = "cpu" if device == "cpu" else "cuda", sorted({*counts(usable_cores()), threads})
    readings: tuple[tuple[str, dict[str, Any], Callable[[Any], list[Finding]]], ...] = (
        ("overhead", {}, overhead_findings),
        (
            "threads",
            {"threads": tried, "seconds": book.depth.threads},
            lambda times: [thread_finding(steadiness(times), threads)],
        ),
        ("forward mode", {}, lambda rows: [forward_mode_finding(rows)]),
    )
    book.next("starting a worker: it imports torch")
    worker = crew.start(1)[0]
    for check, asked, concluded in readings:
        book.next(check)
        try:
            found = crew.ask(worker, {"probe": check, "with": {"device": name, **asked}}, _LIMIT)
            book.findings += concluded(found)
        except LostError as error:
            book.lost(check, error)
            crew.dismiss(worker)
            worker = crew.start(1)[0]
    crew.dismiss(worker)
    return Place.of({**describe(), **crew.facts}, device, threads)


def _equal_code(book: _Book, crew: Crew, place: Place) -> NoiseFloor | None:
    """Time the same cells in pairs of fresh processes; A is the first of a pair in every second pair only."""
    cells = [
        Cell(ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), "cost", place.device, threads=place.threads)
        for estimator, problem in CELLS[: book.depth.cells]
    ]
    labels = [f"{estimator} on {problem}" for estimator, problem in CELLS]
    multiples: dict[str, tuple[list[float], list[float]]] = {label: ([], []) for label in labels[: len(cells)]}
    try:
        for number, worker in enumerate(_fresh(book, crew, 2 * book.depth.pairs)):
            side = 0 if number % 4 in (0, 3) else 1  # A B B A
            turn = slice(None, None, -1 if number % 2 else 1)
            for label, cell in list(zip(multiples, cells, strict=True))[turn]:
                multiples[label][side].append(_multiple(crew, worker, cell))
            crew.dismiss(worker)
        result = equal_code(place, datetime.now(UTC).isoformat(timespec="seconds"), multiples)
    except (LostError, ValueError) as error:
        book.lost("equal code", error)
        return None
    book.findings.append(noise_finding(result))
    return result.floor


def _fresh(book: _Book, crew: Crew, count: int) -> Iterator[WorkerProcess]:
    """New processes one after another, some of which are started together."""
    together = max(1, min(_AT_ONCE, physical_cores()))
    for first in range(0, count, together):
        workers = crew.start(min(together, count - first))
        for place, worker in enumerate(workers):
            book.next(f"equal code, process {first + place + 1} of {count}")
            yield worker


def _multiple(crew: Crew, worker: WorkerProcess, cell: Cell) -> float:
    record = Record.from_json(crew.ask(worker, {"cell": cell.to_json()}, _LIMIT))
    if record.outcome is not Outcome.OK:
        raise ValueError(f"{cell.estimator} on {cell.problem}: {record.outcome.value}: {record.reason}")
    value = next(metric.value for metric in record.metrics if metric.metric == "multiple")
    if value is None:
        raise ValueError(f"{cell.estimator} on {cell.problem} has no multiple")
    return float(value)


def with_floor_kept(diagnosis: Diagnosis, folder: Path | None) -> Diagnosis:
    """Keep the noise floor of a fit machine; where that fails, say so."""
    floor = diagnosis.floor
    if floor is None or not diagnosis.fit or folder is None or not store.better(floor, store.kept(floor.place, folder)):
        return diagnosis
    try:
        path = store.keep(floor, folder)
    except OSError as error:
        said = f"the noise floor could not be kept in {folder}: {error.strerror}"
        advice = "Make that folder writable, or set XDG_STATE_HOME; until then give --noise-floor to `gradgauge compare`."
        more = Finding("noise floor", Level.CAUTION, said, advice)
        return Diagnosis(diagnosis.place, (*diagnosis.findings, more), floor, None, diagnosis.seconds)
    return Diagnosis(diagnosis.place, diagnosis.findings, floor, path, diagnosis.seconds)
