"""A profile from a request to a folder: first a run of one estimator on one problem, then the same under torch's profiler.

The run times it as every run does, without a profiler, and reads its exact memory and the device's ceilings; its folder is that
of a run like any other. Only when it is over a fresh worker profiles, so that no profiled time comes into a record. This process
imports no torch and makes no CUDA context.
"""

import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.doctor.workers import Crew, LostError
from benchmarks.executors.events import StartError
from benchmarks.executors.process import Launch
from benchmarks.harness import gpu
from benchmarks.journal import Progress, Status
from benchmarks.preparation import Preparation
from benchmarks.profiling.attribution import Counts, profile_of
from benchmarks.profiling.trace import read_trace
from benchmarks.records import Cell, FolderError, Outcome, Record, RunFolder, latest
from benchmarks.records.profile import TIMELINE, TRACE, read_table, write, write_steps, write_table
from benchmarks.request import Request
from benchmarks.runner import run
from benchmarks.turns import placed
from benchmarks.verdicts import FAILED, INTERRUPTED

MEASURES = ("cost", "memory")
"""What the run beside a profile measures."""

BUDGET = 3.0
"""Seconds for its adaptive part."""

SECONDS = 900.0
"""What each cell and the profile may take, a hang aside: a gradient of the slowest estimators takes half a minute."""

SAMPLER = Path(__file__).with_name("sampling.py")

_LOOK = 0.2  # seconds between two looks at whether data are prepared
_LAST_WORDS = 10.0  # seconds for the sampler to end


@dataclass(frozen=True)
class Profiled:
    """What became of a profile.

    Attributes:
        folder: of the run, and of the profile where there is one.
        exit_code: that of the run; `FAILED` where the run went well and the profile did not.
        reason: why there is no profile; empty where there is one.
    """

    folder: Path
    exit_code: int
    reason: str = ""


def asked_of(estimator: str, problem: str) -> dict[str, Any]:
    """The options of the run of one estimator on one problem, by the names of the fields of `benchmarks.request.Request`."""
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-profile-{secrets.token_hex(2)}"
    pairs = ((estimator, problem),)
    out = Path("results") / name
    return {"suite": "custom", "pairs": pairs, "measures": MEASURES, "budget": BUDGET, "timeout": SECONDS, "out": out}


def profile(request: Request, progress: Progress = lambda status: None) -> Profiled:
    """Run, then profile.

    Args:
        request: of `asked_of`, with a device and the like.
        progress: is told how far it has come.

    Raises:
        SpecError, UsageError, DeviceError, FolderError: see `benchmarks.runner.USAGE_ERRORS`; nothing was measured then.
    """
    request = placed(request)
    _check_empty(request.out)
    result = run(request, progress)
    folder, code = result.folder, result.exit_code
    if code == INTERRUPTED:
        return Profiled(folder, code, "interrupted before anything was profiled")
    record = next(record for record in latest(RunFolder.open(folder).records()[0]) if record.cell.kind == "cost")
    if not record.outcome.done or record.outcome is Outcome.SKIPPED:
        return Profiled(folder, code, f"{record.outcome}: {record.reason}")
    progress(Status(1, 0, (), 0.0, 0.0, note="profiling a few gradients in a process of their own"))
    try:
        _profile(folder, record, request, progress)
    except KeyboardInterrupt:
        return Profiled(folder, INTERRUPTED, "interrupted; what was measured before is kept")
    except (LostError, StartError, ValueError) as error:
        return Profiled(folder, max(code, FAILED), f"{error}")
    return Profiled(folder, code)


def _check_empty(folder: Path | None) -> None:
    """A profile's files are found by their names: no others may lie there."""
    try:
        if folder is not None and folder.exists() and any(folder.iterdir()):
            raise FolderError(f"{folder} is not empty: name a new folder")
    except NotADirectoryError:
        raise FolderError(f"{folder} is no folder: name a new one") from None


def _profile(folder: Path, record: Record, request: Request, progress: Progress) -> None:
    on_device = request.device != "cpu"
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gradgauge-")))
        if on_device:
            stack.enter_context(gpu.locked(request.device))
        data = stack.enter_context(Preparation(scratch / "data", [record.cell], request.data))
        job: dict[str, Any] = {"effort": {}, "estimators_from": None}
        crew = stack.enter_context(Crew(Launch(job, scratch, Path.cwd(), request.device, request.threads)))
        worker = crew.start(1)[0]
        while not data.done():
            time.sleep(_LOOK)
        with _sampled(request.device, worker.pid, scratch / TIMELINE) as reasons:
            told = crew.ask(worker, _question(record.cell, data.folder, folder / TRACE), SECONDS)
        found, steps = profile_of(read_trace(folder / TRACE), _counts(told), on_device=on_device)
        missing, loaded = _timeline(scratch / TIMELINE, folder / TIMELINE, reasons, told["loaded_ns"])
        if steps:
            write_steps(folder, steps)
        write(folder, replace(found, missing={**found.missing, **missing}, loaded_ns=loaded))


def _question(cell: Cell, data: Path, trace: Path) -> dict[str, Any]:
    asked = {
        "estimator": cell.estimator,
        "problem": cell.problem,
        "device": "cpu" if cell.device == "cpu" else "cuda",
        "dtype": cell.dtype,
        "seed": cell.seed,
        "data_folder": str(data),
        "trace": str(trace.resolve()),
    }
    return {"probe": "profile", "with": asked}


def _counts(told: Mapping[str, Any]) -> Counts:
    by_phase = {phase: (int(flops), int(moved)) for phase, (flops, moved) in told["counts"].items()}
    flops, moved = told["evaluation"]
    return Counts(by_phase, (int(flops), int(moved)), str(told["not_counted"]))


@contextmanager
def _sampled(device: str, pid: int, path: Path) -> Iterator[dict[str, str]]:
    """Read NVML in another process for as long as the context lasts; afterwards the dictionary says what it could not read."""
    reasons: dict[str, str] = {}
    if device == "cpu":
        reasons["timeline"] = "NVML reads NVIDIA GPUs, and this was measured on the CPU"
        yield reasons
        return
    command = [sys.executable, "-P", str(SAMPLER), device, str(pid), str(path)]
    sampler = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield reasons
        said, complaint = sampler.communicate(timeout=_LAST_WORDS)
        if sampler.returncode:
            reasons["timeline"] = complaint.strip().rpartition("\n")[2] or f"exit status {sampler.returncode}"
        else:
            reasons.update(json.loads(said))
    except (subprocess.TimeoutExpired, ValueError) as error:
        reasons["timeline"] = f"the process that reads NVML did not end well: {error}"
    finally:
        sampler.kill()
        sampler.wait()


def _timeline(
    sampled: Path, target: Path, reasons: Mapping[str, str], loaded: tuple[int, int] | None
) -> tuple[dict[str, str], tuple[int, int] | None]:
    """Keep what was sampled, from the first reading on; what is missing, and the stretch of gradients on the file's clock."""
    rows = [] if "timeline" in reasons else read_table(sampled)
    if not rows:
        return {"timeline": reasons.get("timeline", "nothing was read")}, None
    start = int(rows[0]["ns"])
    shifted = ((int(row["ns"]) - start, *(text for name, text in row.items() if name != "ns")) for row in rows)
    write_table(target, tuple(rows[0]), shifted)
    empty = [name for name in rows[0] if not any(row[name] for row in rows)]
    stretch = None if loaded is None else (loaded[0] - start, loaded[1] - start)
    return {f"timeline: {name}": reasons.get(name, "never answered") for name in empty}, stretch
