"""Workers for the doctor: several are started at once, since importing torch takes longer than most readings, and asked in turn.

A worker that waits uses no processor time, so what one of them reads is not disturbed by the others.
"""

import selectors
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from benchmarks.executors.events import StartError
from benchmarks.executors.local import SECONDS_TO_START
from benchmarks.executors.process import Launch, WorkerProcess

_LISTEN = 0.2  # seconds between two looks at whether a worker still lives


class LostError(RuntimeError):
    """A worker ended, or did not answer in time; the message says which."""


class Crew:
    """Workers of one kind; a context manager that leaves none of them behind.

    Attributes:
        facts: what the last worker that got ready said about torch and its device.
    """

    def __init__(self, launch: Launch) -> None:
        """Keep how to start them."""
        self.facts: Mapping[str, Any] = {}
        self._launch = launch
        self._workers: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in list(self._workers):
            self.dismiss(worker)

    def start(self, count: int, first: Mapping[str, Any] | None = None) -> list[WorkerProcess]:
        """Start workers and wait until all of them are ready.

        Args:
            count: how many.
            first: a request that each of them answers before it counts as ready, all at the same time; None for none.

        Raises:
            StartError: one of them does not start.
        """
        started = [WorkerProcess(self._launch) for _ in range(count)]
        self._workers += started
        try:
            for worker in started:
                self.facts = self._answer(worker, ("ready",), SECONDS_TO_START)
                if first is not None:
                    self.send(worker, first)
            for worker in started if first is not None else ():
                self.answer(worker, SECONDS_TO_START)
        except LostError as error:
            raise StartError(f"a worker did not start: {error}") from None
        return started

    def ask(self, worker: WorkerProcess, request: Mapping[str, Any], seconds: float) -> Any:
        """Hand a worker a request and wait for its answer.

        Args:
            worker: one that is ready.
            request: as in `benchmarks.worker`.
            seconds: it may take.

        Raises:
            LostError: the worker ended, or took longer.
        """
        self.send(worker, request)
        return self.answer(worker, seconds)

    def send(self, worker: WorkerProcess, request: Mapping[str, Any]) -> None:
        """Hand a worker a request whose answer is looked for later."""
        worker.send(request)

    def answer(self, worker: WorkerProcess, seconds: float) -> Any:
        """Wait for the answer to what a worker was handed last.

        Raises:
            LostError: the worker ended, or took longer.
        """
        return self._answer(worker, ("record", "found"), seconds)

    def ask_in_turns(self, workers: Sequence[WorkerProcess], request: Mapping[str, Any], seconds: float) -> list[Any]:
        """Hand the same request, which names a `turn`, to several; a turn of each, a turn of each in the other order, and so on.

        Args:
            workers: in the order of the first turn.
            request: as in `benchmarks.worker`.
            seconds: a turn may take.

        Returns:
            Their answers, in the order of the workers.

        Raises:
            LostError: one of them ended, or took longer.
        """
        answers: dict[WorkerProcess, Any] = {}
        going, begun = list(workers), set[WorkerProcess]()
        while going:
            for worker in going:
                worker.tell({"go": True}) if worker in begun else worker.send(request)
                begun.add(worker)
                key, answer = self._heard(worker, ("found", "pause"), seconds)
                if key == "found":
                    answers[worker] = answer
            going = [worker for worker in going if worker not in answers][::-1]
        return [answers[worker] for worker in workers]

    def dismiss(self, worker: WorkerProcess) -> None:
        """End one."""
        self._workers.remove(worker)
        worker.end()

    def _answer(self, worker: WorkerProcess, keys: tuple[str, ...], seconds: float) -> Any:
        return self._heard(worker, keys, seconds)[1]

    def _heard(self, worker: WorkerProcess, keys: tuple[str, ...], seconds: float) -> tuple[str, Any]:
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(worker.replies, selectors.EVENT_READ)
            while time.monotonic() < end:
                selector.select(_LISTEN)
                gone = worker.gone()  # before listening: what it said before it went still counts
                for key, answer in (pair for message in worker.hear() for pair in message.items()):
                    if key in keys:
                        return key, answer
                if gone is not None or worker.mute:
                    gone = gone or worker.gone() or "the worker closed the pipe for its answers"
                    said = worker.output().strip().rpartition("\n")[2]
                    raise LostError(": ".join(filter(None, (gone, said))))
        raise LostError(f"no answer within {seconds:g} s")
