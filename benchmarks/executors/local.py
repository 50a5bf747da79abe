"""Cells to workers on this machine: a loop that hands out cells, listens, and turns a lost worker into one cell's record.

A cell that runs past its time, or makes the workers too large, costs its worker and nothing else: a new worker goes on with the
rest.
"""

import selectors
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from benchmarks.executors.assignment import Assignment
from benchmarks.executors.events import Admit, Event, Finished, Found, Limits, Paused, Ready, Started, StartError, Tick
from benchmarks.executors.process import Launch, WorkerProcess
from benchmarks.harness.gpu_state import GpuWatch
from benchmarks.plan import Planned
from benchmarks.records import Outcome, Record

SECONDS_TO_START = 120.0
"""How long a worker may take to import torch and say that it is ready."""

STARTS = 3
"""How many workers in a row may be killed before they are ready, until no more are tried."""

SECONDS_TO_ANSWER = 60.0
"""How long a worker may take to answer a question."""

_LISTEN = 0.2  # seconds between two looks at time and memory: what grows by 2 GB a second overshoots by 0.4 GB
_UNREADABLE = "the worker sent something that is no answer"


class LocalExecutor:
    """Runs cells in worker processes of this machine; a context manager that leaves none of them behind."""

    def __init__(self, launch: Launch, limits: Limits, watch: GpuWatch | None = None) -> None:
        """Nothing is started yet.

        Args:
            launch: how to start workers.
            limits: what a cell may take.
            watch: of the GPU that workers measure on; None for the CPU.
        """
        self._launch, self._limits, self._watch = launch, limits, watch
        self._workers: list[Assignment] = []
        self._spare: Assignment | None = None
        self._weighed = 0.0
        self._killed = 0  # workers in a row that were killed before they were ready

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every worker, the spare one too."""
        self._end_workers()
        if self._spare is not None:
            self._spare.process.end()
            self._spare = None

    def start(self) -> None:
        """Start a process for the next call of `run`, and do not wait until it is ready."""
        if self._spare is None:
            self._spare = self._new()

    def wait(self) -> None:
        """Wait until the process that was started has something to say; whether it is ready, `run` will hear."""
        if self._spare is not None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._spare.process.replies, selectors.EVENT_READ)
                selector.select(SECONDS_TO_START)

    def run(
        self,
        cells: Sequence[Planned],
        admit: Admit,
        *,
        workers: int,
        spare: bool = False,
        last: Mapping[str, Any] | None = None,
    ) -> Iterator[Event]:
        """Measure cells in fresh processes.

        Args:
            cells: in the order in which to hand them out.
            admit: asked right before a cell is handed out.
            workers: how many processes side by side.
            spare: whether to start one process more when the last cells are under way, for the next call.
            last: a question to one of the processes when nothing is left to measure, see `benchmarks.worker`; what it answers is
                an event, and where none is left to ask, or it does not answer, there is none.

        Yields:
            What happens; something at least every fraction of a second.

        Raises:
            StartError: a worker does not start.
        """
        queue = list(cells)
        while queue or self._busy():
            yield from self._hand_out(queue, admit)
            if spare and not queue:
                self.start()
            while len(self._workers) < min(workers, len(queue) + self._busy()):
                self._workers.append(self._spare or self._new())
                self._spare = None
            yield from self._listen()
        if last is not None:
            yield from self._ask(last)
        self._end_workers()

    def _new(self) -> Assignment:
        return Assignment(WorkerProcess(self._launch), self._watch)

    def _busy(self) -> int:
        return sum(worker.planned is not None for worker in self._workers)

    def _hand_out(self, queue: list[Planned], admit: Admit) -> Iterator[Event]:
        for worker in self._workers:
            at = 0
            while worker.free and at < len(queue):
                admission = admit(queue[at])
                if admission is None:
                    at += 1
                    continue
                planned = queue.pop(at)
                if isinstance(admission, Record):
                    yield Finished(planned, admission)
                else:
                    worker.take(planned, admission)
                    yield Started(planned)

    def _wait(self) -> None:
        """Until a worker says something, or for a moment."""
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                selector.register(worker.process.replies, selectors.EVENT_READ)
            selector.select(_LISTEN)

    def _listen(self) -> Iterator[Event]:
        self._wait()
        for worker in list(self._workers):
            yield from self._look_at(worker)
        if time.monotonic() - self._weighed > _LISTEN:
            yield from self._weigh()
            self._weighed = time.monotonic()
        yield Tick()

    def _ask(self, question: Mapping[str, Any]) -> Iterator[Event]:
        worker = next((worker for worker in self._workers if worker.free), None)
        if worker is None:
            return
        worker.process.send(question)
        end = time.monotonic() + SECONDS_TO_ANSWER
        while time.monotonic() < end:
            self._wait()
            gone = worker.process.gone()  # before listening: what it said before it went still counts
            try:
                messages = worker.process.hear()
            except ValueError:
                return
            found = [message["found"] for message in messages if "found" in message]
            if found:
                yield Found(found[0])
            if found or gone is not None or worker.process.mute:
                return
            yield Tick()

    def _look_at(self, worker: Assignment) -> Iterator[Event]:
        end = worker.process.gone()  # before listening: what it said before it went still counts
        try:
            messages = worker.process.hear()
        except ValueError:
            messages, end = [], _UNREADABLE
        for message in messages:
            if "ready" in message:
                worker.ready, self._killed = True, 0
                yield Ready(message["ready"])
            elif worker.planned is not None and "pause" in message:
                worker.pause()
                yield Paused(worker.planned)
                worker.go_on()
            elif worker.planned is not None:
                yield from self._answered(worker, message)
        if worker not in self._workers:
            return
        if end is not None or worker.process.mute:
            yield from self._gone(worker, end or worker.process.gone() or "the worker closed the pipe for its answers")
        elif worker.planned is not None and worker.elapsed > self._limits.seconds:
            yield from self._lose(worker, Outcome.TIMEOUT, f"ended after {self._limits.seconds:g} s")
        elif not worker.ready and worker.elapsed > SECONDS_TO_START:
            yield from self._gone(worker, f"it was not ready after {SECONDS_TO_START:g} s")

    def _answered(self, worker: Assignment, message: Mapping[str, Any]) -> Iterator[Event]:
        assert worker.planned is not None
        try:
            record = Record.from_json(message["record"])
        except (KeyError, TypeError, ValueError):
            record = None
        if record is None or record.cell != worker.planned.cell:
            yield from self._lose(worker, Outcome.FAILED, _UNREADABLE)
            return
        finished = worker.answered(record)
        if finished.record.facts.get("left_behind"):  # what is measured there from now on would be measured otherwise
            self._workers.remove(worker)
            worker.process.end()
        yield finished

    def _gone(self, worker: Assignment, end: str) -> Iterator[Event]:
        if not worker.ready:
            self._killed += worker.process.killed
            if worker.process.killed and self._killed < STARTS:
                yield from self._lose(worker, Outcome.FAILED, end)
                return
            raise StartError(f"a worker did not start: {end}\n{worker.process.output()}".strip())
        yield from self._lose(worker, Outcome.FAILED, end)

    def _weigh(self) -> Iterator[Event]:
        sizes = {worker: worker.process.resident_bytes() for worker in self._workers if worker.planned is not None}
        if sum(sizes.values()) > self._limits.memory:
            largest = max(sizes, key=lambda worker: sizes[worker])
            reason = f"its process held {_gigabytes(sizes[largest])}, and all workers may hold {_gigabytes(self._limits.memory)}"
            yield from self._lose(largest, Outcome.OUT_OF_MEMORY, reason)

    def _lose(self, worker: Assignment, outcome: Outcome, reason: str) -> Iterator[Event]:
        """End a worker; the cell it had in hand becomes a record."""
        self._workers.remove(worker)
        worker.process.end()
        if worker.planned is not None:
            yield worker.lost(outcome, reason)

    def _end_workers(self) -> None:
        while self._workers:
            self._workers.pop().process.end()


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB"
