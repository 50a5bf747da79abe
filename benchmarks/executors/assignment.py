"""A worker together with the cell it has in hand: since when, and how busy the machine and its GPU were then."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from benchmarks.executors.events import Finished
from benchmarks.executors.process import WorkerProcess
from benchmarks.harness.gpu_state import GpuWatch, meanwhile
from benchmarks.harness.machine import Load, load_now, other_load
from benchmarks.plan import Planned
from benchmarks.records import Outcome, Record


class Assignment:
    """One worker, ready or not yet, with a cell or without."""

    def __init__(self, process: WorkerProcess, watch: GpuWatch | None = None) -> None:
        """Begin with a worker that was just started and has nothing to do.

        Args:
            process: the worker.
            watch: of the GPU it measures on; None for the CPU.
        """
        self.process = process
        self._watch = watch
        self.ready = False
        self.planned: Planned | None = None
        self._in_turns = False
        self._begin()

    @property
    def free(self) -> bool:
        """Whether it can be given a cell."""
        return self.ready and self.planned is None

    @property
    def elapsed(self) -> float:
        """Seconds since it was given its cell, without pauses, or since it was started."""
        return time.monotonic() - self._load.at - self._waited

    def take(self, planned: Planned, effort: Mapping[str, Any]) -> None:
        """Give it a cell."""
        self.planned, self._in_turns = planned, "turn" in effort
        self._begin()
        self.process.send({"cell": planned.cell.to_json(), "effort": effort})

    def pause(self) -> None:
        """It waits."""
        self._paused = time.monotonic()

    def go_on(self) -> None:
        """Let it measure again."""
        self._waited += time.monotonic() - self._paused
        self.process.tell({"go": True})

    def answered(self, record: Record) -> Finished:
        """The record it sent, completed by what only the driver knows: place in the block, and what others used."""
        assert self.planned is not None
        planned, self.planned = self.planned, None
        now = self._load_now()
        facts = {**record.facts, "worker": self.process.pid, "other_load": round(other_load(self._load, now), 3)}
        if now.throttled is not None and self._load.throttled is not None:
            facts["throttle_events"] = now.throttled - self._load.throttled
        if self._watch is not None and self._gpu is not None:
            facts["gpu"] = meanwhile(self._gpu, self._watch.now())
        if record.outcome is Outcome.FAILED and (output := self.process.output()):
            facts["output"] = output
        return Finished(planned, replace(record, block=planned.block, order=planned.order, facts=facts))

    def lost(self, outcome: Outcome, reason: str) -> Finished:
        """The record of the cell it had when it was lost; the process must have ended."""
        assert self.planned is not None
        facts = {"output": output} if (output := self.process.output()) else {}
        record = Record(
            cell=self.planned.cell,
            outcome=outcome,
            reason=reason,
            facts={**facts, "worker": self.process.pid},
            block=self.planned.block,
            order=self.planned.order,
            started=self._started,
            seconds=self.elapsed + self._waited,
        )
        planned, self.planned = self.planned, None
        return Finished(planned, record)

    def _begin(self) -> None:
        self._waited = self._paused = 0.0
        self._load = self._load_now()
        self._gpu = None if self._watch is None or self.planned is None else self._watch.now()
        self._started = datetime.now(UTC).isoformat(timespec="milliseconds")

    def _load_now(self) -> Load:
        """With what it takes turns with, that is ours as well."""
        return load_now(os.getpid() if self._in_turns else self.process.pid)
