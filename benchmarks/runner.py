"""A run, from a request to a folder: plan, start workers, write each record when it is there, end with an exit code.

First what reads no clock (contracts, quality, memory), over as many workers as there are physical cores; then what is timed, one
cell at a time with nothing else going on. This process imports no torch and makes no CUDA context.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import verdicts
from benchmarks.harness import gpu
from benchmarks.journal import Progress
from benchmarks.plan import Plan
from benchmarks.provenance import differing
from benchmarks.records import PROTOCOL_VERSION, FolderError, RunFolder, latest
from benchmarks.request import Request, UsageError, difference
from benchmarks.session import RunResult, files_of, provenance_of, workers_of
from benchmarks.turns import left, measure_in_turns, placed
from estimators.spec import SpecError

__all__ = ["USAGE_ERRORS", "RunResult", "expected_seconds", "plan", "reopen", "run"]

USAGE_ERRORS = (SpecError, FolderError, UsageError, gpu.DeviceError)
"""What `plan`, `reopen` and `run` raise when something else must be asked for: exit code 2."""


def plan(request: Request) -> Plan:
    """What a request will do, without doing it; of a run to be resumed, only what is left.

    Raises:
        SpecError, UsageError, DeviceError, FolderError: see `USAGE_ERRORS`.
    """
    return left(placed(request))


def expected_seconds(request: Request) -> float:
    """How long `run` is expected to take; longer than a total budget that not even the least effort keeps."""
    whole = plan(request).seconds(workers_of(request))
    if request.total_budget is None:
        return whole
    least = plan(replace(request, budget=min(request.patience, verdicts.LEAST_BUDGET))).seconds(workers_of(request))
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
    files = files_of(*request.named)
    if Path(header["directory"]) != Path.cwd() and not all(Path(file).expanduser().is_absolute() for file in files):
        raise UsageError(f"{folder} was started in {header['directory']}; resume it from there")
    done = [record.cell for record in latest(RunFolder.open(folder).records()[0]) if record.outcome.done]
    settled = {file for cell in done for file in files_of(*filter(None, (cell.estimator, cell.problem, cell.rule)))}
    changed = difference(header["options"], given) or differing(header["provenance"], provenance_of(request), settled)
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
    return measure_in_turns([request], progress)[0]
