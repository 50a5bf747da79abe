"""A worker: a fresh process that reads a job file, measures its cells, and answers with one JSON line each.

    python -P /path/to/benchmarks/worker.py job.json

By hand it measures the cells of the job and prints the lines. A driver instead names with `replies` the descriptor of a private
pipe, so that whatever users' code prints cannot be taken for an answer, and sends one cell after the other on standard input.
When standard input ends, the driver is gone, and the worker ends at once.

Imports torch and numpy and no other heavy package; nothing is pickled. Lines: `{"ready": facts}` once, then for each cell
`{"record": record}`; a run and `gradgauge doctor` also ask for readings of the machine: `{"probe": name, "with": arguments}`,
answered by `{"found": reading}`. Where an effort or a probe names a `turn`, the worker says `{"pause": true}` between two rounds
whenever it has run for so many seconds, and goes on when it hears `{"go": true}`.
"""

import ctypes
import fcntl
import importlib.abc
import importlib.machinery
import json
import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from benchmarks.cell import Effort
    from benchmarks.records import Cell, Record

_TELLING = ("CUDA_", "NVIDIA_", "TORCH", "PYTORCH_", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "MALLOC_", "LD_PRELOAD")
"""Beginnings of the environment variables that may matter to what is measured."""

_SET_CHILD_SUBREAPER = 36  # of prctl(2)


class OnePackage(importlib.abc.MetaPathFinder):
    """Finds one package in one folder, before any other finder: so that another version of it is measured by this ruler."""

    def __init__(self, name: str, folder: str) -> None:
        self.name, self.folder = name, folder

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """The package in the folder; None for every other name."""
        if fullname != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, [self.folder])
        if spec is None:
            raise ModuleNotFoundError(f"there is no package {self.name!r} in {self.folder}", name=self.name)
        return spec


def main(path: str) -> None:
    """Do the job in a file.

    Args:
        path: JSON object with `threads`, `effort` (fields of `benchmarks.cell.Effort`), and `cells` or `replies` and `lifeline`
            (descriptors of a pipe to write answers to, and of one on which nothing comes while the driver lives); or instead
            `prepare`, a folder that `data` are to be written to, found in the folder `home`; `estimators_from` is a folder with
            that package, or None, and `short` what it is asked for: canonical spec -> the same without defaults.
    """
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    _find_packages(job.get("estimators_from"))
    if "prepare" in job:
        _prepare(job)
    elif "replies" in job:
        _tied(job["lifeline"])  # before anything slow: the driver may be gone meanwhile
        replies, requests = _private(job["replies"]), _followed()
        _measure(job, requests, replies)
    else:
        _measure(job, iter([{"cell": cell} for cell in job["cells"]]), sys.stdout)


def facts() -> dict[str, Any]:
    """What only a process that has imported torch can say: its build, its threads, its GPUs, where the estimators lie."""
    import numpy
    import torch

    import estimators

    return {
        "torch": {
            "version": torch.__version__,
            "git": torch.version.git_version,
            "cuda": torch.version.cuda,
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "threads": torch.get_num_threads(),
            "matmul_precision": torch.get_float32_matmul_precision(),
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "mkldnn": torch.backends.mkldnn.is_available(),
        },
        "numpy": numpy.__version__,
        "python": sys.version.split()[0],
        "estimators_in": str(Path(str(estimators.__file__)).parent.parent),
        "environment": {name: value for name, value in sorted(os.environ.items()) if name.startswith(_TELLING)},
        "gpu": [_gpu(torch.cuda.get_device_properties(index)) for index in range(torch.cuda.device_count())],
        **({"cuda": _cuda()} if torch.cuda.is_available() else {}),
    }


def _gpu(properties: Any) -> dict[str, Any]:
    return {
        "name": properties.name,
        "uuid": f"GPU-{properties.uuid}",
        "memory_bytes": properties.total_memory,
        "capability": f"{properties.major}.{properties.minor}",
        "multiprocessors": properties.multi_processor_count,
        "l2_bytes": properties.L2_cache_size,
    }


def _cuda() -> dict[str, Any]:
    """The libraries behind torch on a GPU, and what they may do with float32."""
    import torch

    return {
        "cudnn": torch.backends.cudnn.version(),
        "matmul_float32": torch.backends.cuda.matmul.fp32_precision,
        "cudnn_float32": torch.backends.cudnn.fp32_precision,
        "allocator": torch.cuda.get_allocator_backend(),
    }


def _measure(job: dict[str, Any], requests: Iterator[dict[str, Any]], replies: TextIO) -> None:
    import torch

    torch.set_num_threads(job["threads"])
    torch.set_num_interop_threads(1)
    _answer(replies, {"ready": facts()})
    from benchmarks import residue
    from benchmarks.cell import Effort
    from benchmarks.records import Cell

    worker = os.getpid()
    for request in requests:
        if "probe" in request:
            _answer(replies, {"found": _probed(request, requests, replies)})
            continue
        before = residue.snapshot()
        given = {**job["effort"], **request.get("effort", {})}
        folder, turn = given.pop("data_folder", None), given.pop("turn", None)
        effort = Effort(**given, data_folder=None if folder is None else Path(folder))
        if turn is not None:
            effort = replace(effort, pause=_in_turns(turn, requests, replies))
        cell = Cell.from_json(request["cell"])
        with residue.python_random_state_kept():
            record = _measured(cell, effort, job.get("short", {}))
        if os.getpid() != worker:  # users' code has forked, and this is the copy
            os._exit(0)
        if left := residue.changed(before):
            record = replace(record, facts={**record.facts, "left_behind": left})
        _answer(replies, {"record": record.to_json()})


def _measured(cell: "Cell", effort: "Effort", short: Mapping[str, str]) -> "Record":
    """Measure a cell; its estimator as the version that is measured calls it, or skipped where that does not have it."""
    from benchmarks.cell import measure_cell
    from benchmarks.records import Outcome, Record
    from benchmarks.spelling import spelled
    from estimators.registry import ESTIMATORS
    from estimators.spec import SpecError

    if cell.estimator not in short:
        return measure_cell(cell, effort)
    try:
        spec = spelled(cell.estimator, short[cell.estimator], ESTIMATORS)
    except SpecError as error:
        return Record(cell, Outcome.SKIPPED, f"this version of `estimators` cannot: {error}")
    record = measure_cell(cell, effort, spec)
    return record if spec == cell.estimator else replace(record, facts={**record.facts, "spelled": spec})


def _probed(request: dict[str, Any], requests: Iterator[dict[str, Any]], replies: TextIO) -> Any:
    from benchmarks.doctor.probes import PROBES

    turn = {"pause": _in_turns(request["turn"], requests, replies)} if "turn" in request else {}
    return PROBES[request["probe"]](**request["with"], **turn)


def _in_turns(seconds: float, requests: Iterator[dict[str, Any]], replies: TextIO) -> Callable[[], bool]:
    """A pause that lets the driver's other workers by whenever this one has run for so many seconds."""
    since = time.monotonic()

    def pause() -> bool:
        nonlocal since
        if time.monotonic() - since < seconds:
            return False
        _answer(replies, {"pause": True})
        next(requests)
        since = time.monotonic()
        return True

    return pause


def _prepare(job: dict[str, Any]) -> None:
    """Write data as arrays; what takes long is told on standard output, what the user can mend on standard error."""
    from benchmarks.problems.data.home import DataError
    from benchmarks.problems.data.preparation import prepare

    try:
        prepare(job["data"], Path(job["prepare"]), Path(job["home"]), _say)
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _answer(replies: TextIO, message: dict[str, Any]) -> None:
    replies.write(json.dumps(message, allow_nan=False) + "\n")
    replies.flush()


def _private(descriptor: int) -> TextIO:
    os.set_inheritable(descriptor, False)  # a program that users' code starts must not hold the pipe open
    return os.fdopen(descriptor, "w", encoding="utf-8")


def _tied(descriptor: int) -> None:
    """Let the kernel kill this process and its group when the driver is gone, even while users' code hangs outside of Python.

    What leaves the group is left to this process, so that the driver finds it.
    """
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.set_inheritable(descriptor, False)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([descriptor], [], [], 0)[0]:
        _end()


def _followed() -> Iterator[dict[str, Any]]:
    """The driver's requests, each `{"cell": cell}` with an optional `effort`; ends this process when there are no more."""
    incoming: queue.SimpleQueue[str] = queue.SimpleQueue()
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # users' code that reads standard input finds it empty
    os.close(nothing)

    def listen() -> None:
        try:
            for line in requests:
                incoming.put(line)
        finally:  # also where users' code has closed the pipe
            _end()

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield json.loads(incoming.get())


def _end() -> None:
    """End this process and, where it leads a session of its own, everything it started."""
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _find_packages(estimators_from: str | None) -> None:
    """Put this checkout first on the path and the working directory last, where it shadows nothing."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.path.append(str(Path.cwd()))
    if estimators_from is not None:
        sys.meta_path.insert(0, OnePackage("estimators", estimators_from))


if __name__ == "__main__":
    main(sys.argv[1])
