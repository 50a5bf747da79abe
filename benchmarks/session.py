"""One run folder while it is measured into: held for writing, worked off part by part, closed with what was learned.

`benchmarks.turns` decides which part of which folder is next. This process imports no torch and makes no CUDA context.
"""

import os
import secrets
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import verdicts
from benchmarks.doctor import store
from benchmarks.doctor.noise import Place
from benchmarks.executors.events import TURN, Admission, Finished, Found, Limits, Paused, StartError
from benchmarks.executors.local import LocalExecutor
from benchmarks.executors.process import Launch
from benchmarks.harness.gpu_state import GpuWatch
from benchmarks.harness.machine import MEMORY_SHARE, available_bytes, physical_cores, usable_cores
from benchmarks.journal import Journal, Progress
from benchmarks.plan import Plan, Planned
from benchmarks.plan import plan as planned_cells
from benchmarks.preparation import Preparation, needed_data
from benchmarks.provenance import provenance
from benchmarks.records import PROTOCOL_VERSION, Cell, Outcome, RunFolder, ceilings, latest
from benchmarks.request import Request, UsageError
from estimators.registry import ESTIMATORS
from estimators.spec import parse

_LOOK = 0.2  # seconds between two looks at whether data are prepared


@dataclass(frozen=True)
class RunResult:
    """What became of a run.

    Attributes:
        folder: where it is.
        exit_code: see `benchmarks.verdicts.exit_code`.
        counts: outcome -> number of cells; `missing` for those that have no record.
        seconds: that this session took.
        damage: notes on lines of the folder that could not be read.
    """

    folder: Path
    exit_code: int
    counts: Mapping[str, int]
    seconds: float
    damage: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """The folders that are measured in turns.

    Attributes:
        size: how many.
        name: in the header of each; None where there is one.
        again: timed cells that lack a result in one of them at least: they are measured in all, for a result from another day
            makes no pair.
    """

    size: int
    name: str | None
    again: frozenset[Cell]


class Session:
    """A run folder that is being measured into; see `opened`.

    Attributes:
        refused: why nothing more can be measured into it; empty where something can.
    """

    def __init__(
        self,
        request: Request,
        folder: RunFolder,
        everything: Plan,
        damage: Sequence[str],
        journal: Journal,
        executor: LocalExecutor,
        data: Preparation,
        *,
        in_turns: bool,
    ) -> None:
        """Keep what it works with; nothing is measured yet."""
        self.refused = ""
        self._in_turns = in_turns
        self._request, self._folder, self._everything, self._damage = request, folder, everything, tuple(damage)
        self._journal, self._executor, self._data = journal, executor, data
        self._ceilings = ceilings.ceilings_of(folder.header())

    def blocks(self) -> dict[int, list[Planned]]:
        """Number of a block -> its timed cells that are left."""
        found: dict[int, list[Planned]] = {}
        for planned in self._journal.left.alone:
            found.setdefault(planned.block, []).append(planned)
        return found

    def show(self) -> None:
        """Say how far it has come."""
        self._journal.show()

    def measure_together(self, *, spare: bool) -> None:
        """Measure what reads no clock, over as many workers as there are physical cores.

        Args:
            spare: whether to start the first worker of what is timed meanwhile.
        """
        left = self._journal.left
        with self._journal.at_work():
            for _ in self._steps(left.together, workers_of(self._request), spare=spare and bool(left.alone)):
                pass

    def wait_for_data(self) -> None:
        """Wait until the data are prepared: what prepares them must not run beside what is timed.

        Raises:
            UsageError: they cannot be.
        """
        while not self._data.done():
            time.sleep(_LOOK)

    def start_worker(self, block: int) -> None:
        """Start the process that times a block; `wait_for_worker` waits for it, so that several folders' come up side by side."""
        if self.blocks().get(block) and not self.refused:
            self._executor.start()

    def wait_for_worker(self) -> None:
        """Wait until the process that was started is there: nothing may come up beside what is timed."""
        with self._journal.at_work():
            self._executor.wait()

    def alone(self, block: int) -> Iterator[bool]:
        """Time what is left of one block in a fresh process, one cell after the other; between two steps the process waits.

        Yields:
            Whether a cell is finished; where folders are measured in turns, a step may end in the middle of one.
        """
        cells = self.blocks().get(block, [])
        return self._steps(cells, 1, last=None if self._ceilings else self._question())

    def advance(self, work: Iterator[bool]) -> bool | None:
        """Take one step of `alone`; its time counts as this folder's.

        Returns:
            Whether a cell is finished; None where there are no more.
        """
        with self._journal.at_work():
            return next(work, None)

    def refuse(self, reason: str, outcome: Outcome = Outcome.SKIPPED) -> None:
        """Write every cell that is left with the reason; skipped ones count as done, interrupted ones do not."""
        self.refused = reason
        self._journal.stop(outcome, reason, everything=True)
        self.show()

    def close(self, *, interrupted: bool) -> RunResult:
        """Write what is known at the end.

        Args:
            interrupted: whether somebody stopped it; what was under way is then written as interrupted.
        """
        self._executor.close()
        if interrupted:
            self._journal.stop(Outcome.INTERRUPTED, "interrupted", everything=False)
        self._close_header(interrupted)
        records, _ = self._folder.records()
        last = latest(records)
        missing = len({planned.cell for planned in self._everything.cells} - {record.cell for record in last})
        counts = {**verdicts.counts(last), **({"missing": missing} if missing else {})}
        code = verdicts.exit_code(last, interrupted=interrupted)
        return RunResult(self._folder.path, code, counts, self._journal.elapsed, self._damage)

    def _steps(
        self, cells: Sequence[Planned], workers: int, *, spare: bool = False, last: Mapping[str, Any] | None = None
    ) -> Iterator[bool]:
        """Measure cells; a step is over when one of them has its record (True) or pauses (False)."""
        try:
            for event in self._executor.run(cells, self._admission, workers=workers, spare=spare, last=last):
                self._journal.take(event)
                if isinstance(event, Found):
                    self._ceilings = self._reading(event.answer)
                if isinstance(event, Finished | Paused):
                    yield isinstance(event, Finished)
        except StartError as error:
            self.refused = " ".join(str(error).split())
            self._journal.stop(Outcome.FAILED, self.refused, everything=True)

    def _admission(self, planned: Planned) -> Admission:
        cell, journal, request = planned.cell, self._journal, self._request
        if journal.unchecked(cell) or (needed_data(cell) and not self._data.done()):
            return None
        seconds_left = None if request.total_budget is None else max(0.0, request.total_budget - journal.elapsed)
        budget = verdicts.cell_budget(planned, journal.left, workers_of(request), request.patience, seconds_left)
        in_turns = {"turn": TURN} if self._in_turns and cell.kind == "cost" else {}
        return journal.hopeless(cell) or {"budget": budget, **in_turns}

    def _question(self) -> dict[str, Any]:
        """What a worker that has timed its cells is asked, once a run."""
        place = "cpu" if self._request.device == "cpu" else "cuda"
        return {"probe": "ceilings", "with": {"device": place, "dtype": self._request.dtype}}

    def _reading(self, answer: Any) -> ceilings.Ceilings | None:
        place = {name: getattr(self._request, name) for name in ("device", "dtype", "threads")}
        return ceilings.ceilings_of({ceilings.ENTRY: {**answer, **place}})

    def _close_header(self, interrupted: bool) -> None:
        """Add what only workers could say, the ceilings, the noise floor that holds here, and this session."""
        header, journal = self._folder.header(), self._journal
        session = {"ended": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": journal.elapsed}
        known = {**header["provenance"], **journal.facts}
        floor = store.kept(Place.of(known, self._request.device, self._request.threads), store.home())
        noise = {} if floor is None else {"noise_floor": floor.to_json()}
        seen = {} if self._ceilings is None else {ceilings.ENTRY: self._ceilings.to_json()}
        sessions = [*header["sessions"], {**session, "interrupted": interrupted, "process": os.getpid()}]
        self._folder.write_header({**header, "provenance": known, **noise, **seen, "sessions": sessions})


@contextmanager
def opened(
    request: Request, scratch: Path, data: Preparation, progress: Progress, group: Group, watch: GpuWatch | None
) -> Iterator[Session]:
    """The session of a request: its folder is made or reopened, and held until the context ends; no worker is left behind.

    Args:
        request: its device must be `cpu` or a GPU UUID by now.
        scratch: folder for what workers are told.
        data: that they read.
        progress: is told how far it has come.
        group: that it is measured in.
        watch: of its GPU; None for the CPU.

    Raises:
        FolderError: the folder cannot be used.
        UsageError: a file of the user's cannot be read.
        SpecError: see `benchmarks.plan.plan`.
    """
    everything = planned_cells(request)
    folder = RunFolder.open(request.resume) if request.resume is not None else _created(request, everything, group, watch)
    damage = folder.records()[1]  # a torn last line is cut off before anything is written
    with folder.writing() as writer:
        folder.write_header(_with_files(folder.header(), request))
        done = [record for record in latest(folder.records()[0]) if record.outcome.done and record.cell not in group.again]
        left = everything.without(record.cell for record in done)
        journal = Journal(writer, left, done, workers=workers_of(request), cores=usable_cores(), progress=progress)
        asked = {planned.cell.estimator for planned in everything.cells}
        launch = _launch(request, folder, scratch, data.folder, asked)
        with LocalExecutor(launch, _limits(request, group), watch) as executor:
            in_turns = group.size > 1 and request.device == "cpu"
            yield Session(request, folder, everything, damage, journal, executor, data, in_turns=in_turns)


def workers_of(request: Request) -> int:
    """How many workers measure side by side where no clock is read."""
    return max(1, physical_cores() // request.threads) if request.device == "cpu" else 1


def files_of(*specs: str) -> list[str]:
    """The user's own files among specs, as they are named."""
    files = [parse(spec).name.rpartition(":")[0] for spec in specs]
    return [file for file in files if file.endswith(".py")]


def provenance_of(request: Request) -> dict[str, Any]:
    """Where the results of a request come from, as far as it is known before a worker starts.

    Raises:
        UsageError: a file of the user's cannot be read.
    """
    try:
        return provenance(request.estimators_from, files_of(*request.named))
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from None


def _limits(request: Request, group: Group) -> Limits:
    return Limits(request.limit, int((request.memory_limit or MEMORY_SHARE * available_bytes()) / group.size))


def _launch(request: Request, folder: RunFolder, scratch: Path, data: Path, asked: Iterable[str]) -> Launch:
    effort = {"precision": request.goal, "budget": request.patience, "draws": request.drawn, "data_folder": str(data)}
    source = request.estimators_from
    short = {spec: ESTIMATORS.short(spec) for spec in asked if parse(spec).name in ESTIMATORS.entries}
    other = {} if source is None else {"estimators_from": str(source.resolve()), "short": short}
    job = {"effort": effort, "estimators_from": None, **other}
    return Launch(job, scratch, Path(folder.header()["directory"]), request.device, request.threads)


def _created(request: Request, everything: Plan, group: Group, watch: GpuWatch | None) -> RunFolder:
    now = datetime.now(UTC)
    part = f"-{request.shard.replace('/', 'of')}" if request.shard else ""
    name = f"{now:%Y%m%d-%H%M%S}-{request.suite}{part}-{secrets.token_hex(2)}"
    header = {
        "protocol": PROTOCOL_VERSION,
        "run": name,
        "created": now.isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv),
        "directory": str(Path.cwd()),
        "suite": request.suite,
        "options": request.options(),
        "effort": request.effort(),
        "sessions": [],
        **({"turns": group.name} if group.name else {}),
        "provenance": {**provenance_of(request), **({} if watch is None else {"nvml": watch.provenance()})},
        "cells": [planned.cell.to_json() for planned in everything.cells],
    }
    return RunFolder.create(request.out or Path("results") / name, header)


def _with_files(header: dict[str, Any], request: Request) -> dict[str, Any]:
    """The header with the contents of the user's files as they are measured from now on."""
    return {**header, "provenance": {**header["provenance"], "files": provenance_of(request)["files"]}}
