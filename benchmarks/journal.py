"""The driver's book: takes what happens, writes each record at once, and says how far the run has come."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import verdicts
from benchmarks.executors.events import Event, Finished, Paused, Ready, Started
from benchmarks.plan import Plan, Planned
from benchmarks.records import CONTRACT, Cell, Outcome, Record
from benchmarks.records.folder import Writer


@dataclass(frozen=True)
class Status:
    """How far a run has come.

    Attributes:
        total: cells asked for.
        done: cells that have a record from this or an earlier session.
        running: what is being measured now.
        elapsed: seconds of work in this session.
        left: seconds that the rest is expected to take.
        last: the record that was just written, if that is what happened.
        note: what is waited for before anything is measured.
        side: where several are measured in turns, the name of the folder that the news is from.
    """

    total: int
    done: int
    running: tuple[Cell, ...]
    elapsed: float
    left: float
    last: Record | None = None
    note: str = ""
    side: str = ""


Progress = Callable[[Status], None]
"""Told whenever something happens, and several times a second besides; must return at once."""

_PRIOR = 10.0  # seconds for which the expectation is trusted before the pace so far is


class Journal:
    """What is known while a run goes on."""

    def __init__(
        self, writer: Writer, plan: Plan, earlier: Iterable[Record], *, workers: int, cores: float, progress: Progress
    ) -> None:
        """Begin a session.

        Args:
            writer: of the run folder.
            plan: what is left to do.
            earlier: the last record of each cell from earlier sessions, but for those that are to be repeated.
            workers: how many measure side by side where no clock is read.
            cores: that this process may use.
            progress: is told how far it has come.
        """
        earlier = list(earlier)
        self.left = plan
        self.facts: dict[str, object] = {}
        self._writer, self._workers, self._cores, self._progress = writer, workers, cores, progress
        self._total = len(plan.cells) + len(earlier)
        self._expected = plan.seconds(workers)
        self._worked = 0.0
        self._since: float | None = None
        self._running: dict[Cell, Planned] = {}
        self._contracts = {record.cell.estimator: record for record in earlier if record.cell.kind == CONTRACT}
        self._lost = verdicts.lost(earlier)

    @property
    def elapsed(self) -> float:
        """Seconds of work in this session: where folders are measured in turns, only this one's."""
        return self._worked + (0.0 if self._since is None else time.monotonic() - self._since)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let the time count until the context ends."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._worked, self._since = self.elapsed, None

    def show(self) -> None:
        """Say how far the run has come."""
        self._progress(self._status(None))

    def take(self, event: Event) -> None:
        """Note what happened."""
        if isinstance(event, Paused):  # many times a second, and nothing to tell
            return
        last = None
        if isinstance(event, Started):
            self._running[event.planned.cell] = event.planned
        elif isinstance(event, Ready):
            self.facts.update(event.facts)
        elif isinstance(event, Finished):
            last = self._write(event.record)
        self._progress(self._status(last))

    def unchecked(self, cell: Cell) -> bool:
        """Whether the contract of the cell's estimator is planned and has no verdict yet."""
        return cell.kind != CONTRACT and any(
            planned.cell.kind == CONTRACT and planned.cell.estimator == cell.estimator for planned in self.left.together
        )

    def hopeless(self, cell: Cell) -> Record | None:
        """See `benchmarks.verdicts.hopeless`."""
        return verdicts.hopeless(cell, self._lost)

    def stop(self, outcome: Outcome, reason: str, *, everything: bool) -> None:
        """Write the same record for all cells under way, or for everything that is left."""
        cells = [planned.cell for planned in self.left.cells] if everything else list(self._running)
        for cell in cells:
            self._write(Record(cell, outcome, reason))

    def _write(self, record: Record) -> Record:
        cell = record.cell
        record = verdicts.judged(record, self._contracts.get(cell.estimator), self._cores)
        self._running.pop(cell, None)
        self.left = self.left.without([cell])
        self._lost = verdicts.lost([record]) | self._lost  # the first loss is the reason of all that follow
        if cell.kind == CONTRACT:
            self._contracts[cell.estimator] = record
        self._writer.append(record)
        return record

    def _status(self, last: Record | None) -> Status:
        left = self.left.seconds(self._workers)
        pace = (self.elapsed + _PRIOR) / (self._expected - left + _PRIOR)
        done, side = self._total - len(self.left.cells), self._writer.path.name
        return Status(self._total, done, tuple(self._running), self.elapsed, left * pace, last, side=side)
