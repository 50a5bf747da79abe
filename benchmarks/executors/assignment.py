"""A worker together with the cell it has in hand: since when, and how busy the machine was then."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from benchmarks.executors.events import Finished
from benchmarks.executors.process import WorkerProcess
from benchmarks.harness.machine import load_now, other_load
from benchmarks.plan import Planned
from benchmarks.records import Outcome, Record


class Assignment:
    """One worker, ready or not yet, with a cell or without."""

    def __init__(self, process: WorkerProcess) -> None:
        """Begin with a worker that was just started and has nothing to do."""
        self.process = process
        self.ready = False
        self.planned: Planned | None = None
        self._begin()

    @property
    def free(self) -> bool:
        """Whether it can be given a cell."""
        return self.ready and self.planned is None

    @property
    def elapsed(self) -> float:
        """Seconds since it was given its cell, or since it was started."""
        return time.monotonic() - self._load.at

    def take(self, planned: Planned, effort: Mapping[str, Any]) -> None:
        """Give it a cell."""
        self.planned = planned
        self._begin()
        self.process.send({"cell": planned.cell.to_json(), "effort": effort})

    def answered(self, record: Record) -> Finished:
        """The record it sent, completed by what only the driver knows: place in the block, and what others used."""
        assert self.planned is not None
        planned, self.planned = self.planned, None
        now = load_now(self.process.pid)
        facts = {**record.facts, "worker": self.process.pid, "other_load": round(other_load(self._load, now), 3)}
        if now.throttled is not None and self._load.throttled is not None:
            facts["throttle_events"] = now.throttled - self._load.throttled
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
            seconds=self.elapsed,
        )
        planned, self.planned = self.planned, None
        return Finished(planned, record)

    def _begin(self) -> None:
        self._load = load_now(self.process.pid)
        self._started = datetime.now(UTC).isoformat(timespec="milliseconds")
