"""A run, from a request to a folder: plan, start workers, write each record when it is there, end with an exit code.

First what reads no clock (contracts, quality, memory), over as many workers as there are physical cores; then what is timed, one
cell at a time with nothing else going on. This process imports no torch and makes no CUDA context.
"""

import itertools
import os
import secrets
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import verdicts
from benchmarks.doctor import store
from benchmarks.doctor.noise import Place
from benchmarks.executors.events import Admission, Event, Limits, StartError
from benchmarks.executors.local import LocalExecutor
from benchmarks.executors.process import Launch
from benchmarks.harness import gpu
from benchmarks.harness.machine import MEMORY_SHARE, available_bytes, physical_cores, usable_cores
from benchmarks.journal import Journal, Progress, Status
from benchmarks.plan import Plan, Planned
from benchmarks.plan import plan as planned_cells
from benchmarks.preparation import Preparation, needed_data
from benchmarks.provenance import differing, provenance
from benchmarks.records import PROTOCOL_VERSION, FolderError, Outcome, RunFolder, latest
from benchmarks.request import Request, UsageError, difference
from estimators.spec import SpecError, parse

USAGE_ERRORS = (SpecError, FolderError, UsageError, gpu.DeviceError)
"""What `plan`, `reopen` and `run` raise when something else must be asked for: exit code 2."""


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


def plan(request: Request) -> Plan:
    """What a request will do, without doing it; of a run to be resumed, only what is left.

    Raises:
        SpecError, UsageError, DeviceError, FolderError: see `USAGE_ERRORS`.
    """
    request = _placed(request)
    everything = planned_cells(request)
    if request.resume is None:
        return everything
    records, _ = RunFolder.open(request.resume).records()
    return everything.without(record.cell for record in latest(records) if record.outcome.done)


def expected_seconds(request: Request) -> float:
    """How long `run` is expected to take; longer than a total budget that not even the least effort keeps."""
    whole = plan(request).seconds(_workers(request))
    if request.total_budget is None:
        return whole
    least = plan(replace(request, budget=min(request.patience, verdicts.LEAST_BUDGET))).seconds(_workers(request))
    return max(least, min(whole, request.total_budget))


def reopen(folder: Path, given: Mapping[str, Any]) -> Request:
    """The request that finishes a run.

    Args:
        folder: of the run.
        given: options given beside it, by the names of `Request`'s fields; each must be what the run was started with.

    Returns:
        A request for `run`; all of it comes from the folder's `run.json`.

    Raises:
        FolderError: there is no run there, or a newer gradgauge wrote it.
        UsageError: an option, the commit, the protocol, or a user's file of which numbers are kept differs; the message names
            it. (A file that has only failed so far may be mended.)
    """
    header = RunFolder.open(folder).header()
    if header["protocol"] != PROTOCOL_VERSION:
        raise UsageError(f"{folder} was measured by protocol {header['protocol']}, this is {PROTOCOL_VERSION}; start a new run")
    request = replace(Request.of(header["options"]), resume=folder)
    files = _files(*request.estimators, *request.problems)
    if Path(header["directory"]) != Path.cwd() and not all(Path(file).expanduser().is_absolute() for file in files):
        raise UsageError(f"{folder} was started in {header['directory']}; resume it from there")
    done = [record.cell for record in latest(RunFolder.open(folder).records()[0]) if record.outcome.done]
    settled = {file for cell in done for file in _files(cell.estimator, cell.problem)}
    changed = difference(header["options"], given) or differing(header["provenance"], _provenance(request), settled)
    if changed:
        raise UsageError(f"cannot resume {folder}: {changed}; start a new run")
    return request


def run(request: Request, progress: Progress = lambda status: None) -> RunResult:
    """Measure everything that is asked for, and keep it in a folder.

    Args:
        request: from the user, or from `reopen`.
        progress: is told how far it has come.

    Returns:
        What became of it, also when it was interrupted by Ctrl-C (KeyboardInterrupt).

    Raises:
        SpecError, UsageError, DeviceError, FolderError: see `USAGE_ERRORS`; nothing was measured then.
    """
    request = _placed(request)
    everything = planned_cells(request)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(_scratch()))
        data = stack.enter_context(Preparation(scratch / "data", (one.cell for one in plan(request).cells), request.data))
        data.settle(lambda note: progress(Status(len(everything.cells), 0, (), 0.0, 0.0, note=note)))
        folder = RunFolder.open(request.resume) if request.resume is not None else _created(request, everything)
        damage = folder.records()[1]  # a torn last line is cut off before anything is written
        writer = stack.enter_context(folder.writing())
        folder.write_header(_with_files(folder.header(), request))
        if request.device != "cpu":
            stack.enter_context(gpu.locked(request.device))
        done = [record for record in latest(folder.records()[0]) if record.outcome.done]
        left = everything.without(record.cell for record in done)
        journal = Journal(writer, left, done, workers=_workers(request), cores=usable_cores(), progress=progress)
        interrupted = False
        try:
            _measure(_launch(request, folder, scratch), request, data, journal)
        except KeyboardInterrupt:
            interrupted = True
            journal.stop(Outcome.INTERRUPTED, "interrupted", everything=False)
        except StartError as error:
            journal.stop(Outcome.FAILED, " ".join(str(error).split()), everything=True)
        _close_header(folder, journal, request, interrupted)
    return _result(folder, everything, journal.elapsed, interrupted, damage)


def _scratch() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="gradgauge-")
    except OSError as error:
        raise UsageError(f"temporary files cannot be written (is the disk full?): {error.strerror}") from None


def _measure(launch: Launch, request: Request, data: Preparation, journal: Journal) -> None:
    with LocalExecutor(launch, _limits(request)) as executor:
        for event in _events(request, executor, data, journal):
            journal.take(event)


def _events(request: Request, executor: LocalExecutor, data: Preparation, journal: Journal) -> Iterator[Event]:
    workers = _workers(request)

    def admit(planned: Planned) -> Admission:
        cell = planned.cell
        if journal.unchecked(cell) or (needed_data(cell) and not data.done()):
            return None
        seconds_left = None if request.total_budget is None else max(0.0, request.total_budget - journal.elapsed)
        budget = verdicts.cell_budget(planned, journal.left, workers, request.patience, seconds_left)
        return journal.hopeless(cell) or {"budget": budget}

    timed = journal.left.alone
    yield from executor.run(journal.left.together, admit, workers=workers, spare=bool(timed))
    for _, block in itertools.groupby(timed, key=lambda planned: planned.block):
        yield from executor.run(list(block), admit, workers=1)


def _files(*specs: str) -> list[str]:
    """The user's own files among specs, as they are named."""
    files = [parse(spec).name.rpartition(":")[0] for spec in specs]
    return [file for file in files if file.endswith(".py")]


def _provenance(request: Request) -> dict[str, Any]:
    try:
        return provenance(request.estimators_from, _files(*request.estimators, *request.problems))
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from None


def _placed(request: Request) -> Request:
    if request.device == "cpu":
        return request
    found = gpu.resolve(request.device, gpu.gpus())
    return replace(request, device="cpu" if found is None else found.uuid)


def _workers(request: Request) -> int:
    return max(1, physical_cores() // request.threads) if request.device == "cpu" else 1


def _limits(request: Request) -> Limits:
    return Limits(request.limit, request.memory_limit or int(MEMORY_SHARE * available_bytes()))


def _launch(request: Request, folder: RunFolder, scratch: Path) -> Launch:
    effort = {
        "precision": request.goal,
        "budget": request.patience,
        "draws": request.drawn,
        "data_folder": str(scratch / "data"),
    }
    source = request.estimators_from
    job = {"effort": effort, "estimators_from": None if source is None else str(source.resolve())}
    return Launch(job, scratch, Path(folder.header()["directory"]), request.device, request.threads)


def _created(request: Request, everything: Plan) -> RunFolder:
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
        "provenance": _provenance(request),
        "cells": [planned.cell.to_json() for planned in everything.cells],
    }
    return RunFolder.create(request.out or Path("results") / name, header)


def _with_files(header: dict[str, Any], request: Request) -> dict[str, Any]:
    """The header with the contents of the user's files as they are measured from now on."""
    return {**header, "provenance": {**header["provenance"], "files": _provenance(request)["files"]}}


def _close_header(folder: RunFolder, journal: Journal, request: Request, interrupted: bool) -> None:
    """Add what only workers could say, the noise floor that holds here, and this session."""
    header = folder.header()
    session = {"ended": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": journal.elapsed, "interrupted": interrupted}
    known = {**header["provenance"], **journal.facts}
    floor = store.kept(Place.of(known, request.device, request.threads), store.home())
    noise = {} if floor is None else {"noise_floor": floor.to_json()}
    sessions = [*header["sessions"], {**session, "process": os.getpid()}]
    folder.write_header({**header, "provenance": known, **noise, "sessions": sessions})


def _result(folder: RunFolder, everything: Plan, seconds: float, interrupted: bool, damage: list[str]) -> RunResult:
    records, _ = folder.records()
    last = latest(records)
    missing = len({planned.cell for planned in everything.cells} - {record.cell for record in last})
    counts = {**verdicts.counts(last), **({"missing": missing} if missing else {})}
    return RunResult(folder.path, verdicts.exit_code(last, interrupted=interrupted), counts, seconds, tuple(damage))
