"""The examination: every check in turn, what it found, and the noise floor that is kept if the machine is fit.

This process imports no torch and makes no CUDA context; what needs either is read by workers. First it only looks on, then one
worker tries threads, overhead and forward mode, then fresh processes time equal code in pairs.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.doctor import store
from benchmarks.doctor.book import FULL, Book, Depth, Progress
from benchmarks.doctor.clocks import ClockReading, clock_findings, read_clocks
from benchmarks.doctor.diagnosis import Diagnosis, with_floor_kept
from benchmarks.doctor.finding import Finding
from benchmarks.doctor.forward_mode import forward_mode_finding
from benchmarks.doctor.gpu import Examined
from benchmarks.doctor.gpu_place import presence_finding
from benchmarks.doctor.load import load_finding, read_load
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.doctor.overhead import overhead_findings
from benchmarks.doctor.pairs import measure_in_pairs, started
from benchmarks.doctor.threads import counts, steadiness, thread_finding
from benchmarks.doctor.timer import read_timer, timer_finding
from benchmarks.doctor.workers import Crew, LostError
from benchmarks.executors.events import StartError
from benchmarks.executors.process import Launch, WorkerProcess
from benchmarks.harness import gpu
from benchmarks.harness.machine import describe, usable_cores
from benchmarks.harness.probe import GpuProbe
from benchmarks.request import UsageError

_LIMIT = 120.0  # seconds for a reading; none takes a tenth of it unless something hangs


def examine(
    depth: Depth = FULL,
    *,
    device: str = "cpu",
    threads: int = 1,
    progress: Progress = lambda done, total, what: None,
    folder: Path | None = None,
) -> Diagnosis:
    """Examine this machine.

    Args:
        depth: how thoroughly.
        device: `cpu`, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`.
        threads: of torch, in what is to be measured here.
        progress: is told how far it has come.
        folder: where the noise floor is kept; the user's own (`store.home`) by default.

    Raises:
        DeviceError: there is no such device, or another run holds it.
        UsageError: the number of threads is none.
    """
    if threads < 1:
        raise UsageError(f"threads must be an integer of at least 1, got {threads!r}")
    start = time.monotonic()
    place, floor = None, None
    with ExitStack() as stack:
        probe = stack.enter_context(GpuProbe())
        found = gpu.named(device, probe)
        uuid = "cpu" if found is None else found.uuid
        if found is not None:
            stack.enter_context(gpu.locked(uuid))
        book = Book(depth, progress, on_gpu=found is not None)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gradgauge-")))
        job: dict[str, Any] = {"effort": {}, "estimators_from": None}
        crew = stack.enter_context(Crew(Launch(job, scratch, scratch, uuid, threads)))
        before = _look_on(book, threads)
        examined = None if found is None else Examined(probe, found)
        _look_at_gpu(book, probe, examined)
        try:
            place, floor = _with_torch(book, crew, uuid, threads, examined)
        except StartError as error:
            book.lost("workers", error)
        book.findings[1:1] = clock_findings(before, read_clocks())
    diagnosis = Diagnosis(place, tuple(book.findings), floor, None, time.monotonic() - start)
    return with_floor_kept(diagnosis, folder or store.home())


def _look_on(book: Book, threads: int) -> ClockReading:
    book.next("other load, while nothing of ours runs")
    book.findings.append(load_finding(read_load(book.depth.look), threads, usable_cores()))
    book.findings.append(timer_finding(read_timer()))
    return read_clocks()


def _look_at_gpu(book: Book, probe: GpuProbe, examined: Examined | None) -> None:
    """The GPU that is asked about; where none is, whether there is one."""
    if examined is None:
        book.findings.append(presence_finding(gpu.gpus(probe), probe.absent))
        return
    book.next("the GPU, while nothing of ours runs there")
    book.findings += examined.look_on(book.depth.counter)


def _with_torch(book: Book, crew: Crew, device: str, threads: int, examined: Examined | None) -> tuple[Place, NoiseFloor | None]:
    """What workers can read; the grid of layers reads no clock, so it is filled while the next ones import torch."""
    on = {"device": "cpu" if device == "cpu" else "cuda"}
    tried = sorted({*counts(usable_cores()), threads})
    book.next("starting a worker: it imports torch")
    worker = crew.start(1)[0]
    if examined is not None:
        book.findings.append(examined.mapped(crew.facts))
    worker = _read(book, crew, worker, "overhead", on, overhead_findings)
    asked = {**on, "threads": tried, "seconds": book.depth.threads}
    worker = _read(book, crew, worker, "threads", asked, lambda times: [thread_finding(steadiness(times), threads)])
    book.next("forward mode")
    crew.send(worker, _request("forward mode", on))
    place = Place.of({**describe(), **crew.facts}, device, threads)
    first = started(crew, place, 2 * book.depth.pairs)
    _conclude(book, "forward mode", lambda: [forward_mode_finding(crew.answer(worker, _LIMIT))])
    crew.dismiss(worker)
    return place, measure_in_pairs(book, crew, place, first)


def _read(
    book: Book,
    crew: Crew,
    worker: WorkerProcess,
    check: str,
    asked: dict[str, Any],
    concluded: Callable[[Any], list[Finding]],
) -> WorkerProcess:
    """Let a worker read something; the worker for what comes next is another one where that cost it its life."""
    book.next(check)
    if _conclude(book, check, lambda: concluded(crew.ask(worker, _request(check, asked), _LIMIT))):
        return worker
    crew.dismiss(worker)
    return crew.start(1)[0]


def _conclude(book: Book, check: str, found: Callable[[], list[Finding]]) -> bool:
    try:
        book.findings += found()
    except LostError as error:
        book.lost(check, error)
        return False
    return True


def _request(check: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {"probe": check, "with": asked}
