"""Several versions of `estimators` measured by one ruler in turns, each into a run folder of its own.

What reads no clock comes first, folder by folder. What is timed comes process by process: process i of every side is over before
process i + 1 of any begins, so that processes of equal number make pairs. On the CPU all of them live at the same time and
measure the same cell, in turns of `benchmarks.executors.events.TURN`, the others waiting, the order being reversed at every turn,

    A B, B A, A B, ...

so that a machine that drifts, or is slow for a tenth of a second or a minute, favours neither. (On a machine shared with others
multiples moved by 2 to 9 % from one half minute to the next.) On a GPU, whose memory an idle process would hold, they take turns
process by process. One side alone is an ordinary run.
"""

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.harness import gpu
from benchmarks.harness.gpu_state import GpuWatch
from benchmarks.harness.probe import GpuProbe
from benchmarks.journal import Progress, Status
from benchmarks.plan import Plan
from benchmarks.plan import plan as planned_cells
from benchmarks.preparation import Preparation
from benchmarks.records import Outcome, RunFolder, latest
from benchmarks.request import Request, UsageError
from benchmarks.session import Group, RunResult, Session, opened
from benchmarks.versions import unfit


def measure_in_turns(requests: Sequence[Request], progress: Progress = lambda status: None) -> list[RunResult]:
    """Measure the same cells for several sides, and keep each side in a run folder.

    A side whose version of `estimators` this ruler cannot measure is skipped with the reason; where that leaves one side of
    several, there is nothing to compare it with, and it is skipped too. A side whose workers do not start fails with the reason;
    where that leaves one of several, what is left of it is interrupted: both can be resumed when workers start again.

    Args:
        requests: one a side; they differ in `estimators_from`, `out` and `resume` alone. `processes` of them are the turns.
        progress: is told how far all of them together have come.

    Returns:
        What became of each side, in the order of the requests, also when they were interrupted by Ctrl-C (KeyboardInterrupt).

    Raises:
        ValueError: requests differ in something else.
        SpecError, UsageError, DeviceError, FolderError: see `benchmarks.runner.USAGE_ERRORS`; nothing was measured then.
    """
    with ExitStack() as stack:
        on_gpu = any(request.device != "cpu" for request in requests)
        probe = stack.enter_context(GpuProbe()) if on_gpu else None  # stays open: it may be all that keeps the GPU up
        asked = [placed(request, probe) for request in requests]
        alike = [replace(request, estimators_from=None, out=None, resume=None) for request in asked]
        if not alike or alike != alike[:1] * len(alike):
            raise ValueError("sides measured in turns must be asked for the same")
        reasons = [unfit(request.estimators_from) for request in asked]
        scratch = Path(stack.enter_context(_scratch()))
        cells = [one.cell for request in asked for one in left(request).cells]
        data = stack.enter_context(Preparation(scratch / "data", cells, asked[0].data))
        data.settle(lambda note: progress(Status(len(cells), 0, (), 0.0, 0.0, note=note)))
        watch = None if probe is None else _held(asked[0].device, probe, stack)
        board, group = _Board(progress, len(asked)), _group(asked)
        sessions = [
            stack.enter_context(opened(request, scratch, data, partial(board.take, side), group, watch))
            for side, request in enumerate(asked)
        ]
        interrupted = False
        try:
            _measure(sessions, reasons, by_cell=asked[0].device == "cpu")
        except KeyboardInterrupt:
            interrupted = True
        return [session.close(interrupted=interrupted) for session in sessions]


def left(request: Request) -> Plan:
    """The cells that a request stands for; of a run to be resumed, those that have no result yet.

    Args:
        request: see `placed`.
    """
    everything = planned_cells(request)
    if request.resume is None:
        return everything
    records, _ = RunFolder.open(request.resume).records()
    return everything.without(record.cell for record in latest(records) if record.outcome.done)


def placed(request: Request, probe: GpuProbe | None = None) -> Request:
    """The same request with the UUID of its GPU for a device, or `cpu`.

    Args:
        request: from the user.
        probe: that is open; None for one of its own.

    Raises:
        DeviceError: there is no such device.
    """
    if request.device == "cpu":
        return request
    with GpuProbe() if probe is None else nullcontext(probe) as reader:
        found = gpu.named(request.device, reader)
    return replace(request, device="cpu" if found is None else found.uuid)


def _held(uuid: str, probe: GpuProbe, stack: ExitStack) -> GpuWatch:
    """What watches a GPU that no other run may use until the stack unwinds."""
    stack.enter_context(gpu.locked(uuid))
    found = gpu.named(uuid, probe)
    assert found is not None
    return GpuWatch(probe, found)


def _group(asked: Sequence[Request]) -> Group:
    """These sides; under the old name where some of them are resumed."""
    if len(asked) == 1:
        return Group(1, None, frozenset())
    folders = [None if request.resume is None else RunFolder.open(request.resume) for request in asked]
    names = [folder.header().get("turns") for folder in folders if folder is not None]
    records = [[] if folder is None else latest(folder.records()[0]) for folder in folders]
    done = [{record.cell for record in one if record.outcome.done} for one in records]
    timed = {planned.cell for planned in planned_cells(asked[0]).alone}
    everywhere = done[0].intersection(*done[1:])
    return Group(len(asked), next(filter(None, names), None) or secrets.token_hex(8), frozenset(timed - everywhere))


def _measure(sessions: Sequence[Session], reasons: Sequence[str], *, by_cell: bool) -> None:
    for session, reason in zip(sessions, reasons, strict=True):
        session.show()
        if reason:
            session.refuse(reason)
    _refuse_a_lone_one(sessions, Outcome.SKIPPED)
    for session in sessions:
        session.measure_together(spare=len(sessions) == 1)
        _refuse_a_lone_one(sessions, Outcome.INTERRUPTED)
    if len(sessions) > 1:
        sessions[0].wait_for_data()
    for process, block in _turns(sessions):
        order = sessions[:: -1 if process % 2 else 1]
        for together in (order,) if by_cell else ([session] for session in order):
            for session in together:
                session.start_worker(block)
            for session in together:
                session.wait_for_worker()
            _alternate(sessions, [(session, session.alone(block)) for session in together])


def _alternate(sessions: Sequence[Session], works: list[tuple[Session, Iterator[bool]]]) -> None:
    """Cell by cell: a turn of each, a turn of each in the other order, until all have finished it or are refused."""
    while works:
        going, finished = works, []
        while going:
            steps = []
            for session, work in going:
                steps.append(None if session.refused else session.advance(work))
                _refuse_a_lone_one(sessions, Outcome.INTERRUPTED)
            finished += [one for one, step in zip(going, steps, strict=True) if step]
            going = [one for one, step in zip(going, steps, strict=True) if step is False][::-1]
        works = [one for one in works if one in finished][::-1]


def _turns(sessions: Sequence[Session]) -> list[tuple[int, int]]:
    """Process and block of every turn that is left; as in `benchmarks.plan`, blocks go backwards in every second process."""
    turns = {(cells[0].cell.process, block) for session in sessions for block, cells in session.blocks().items()}
    return sorted(turns, key=lambda turn: (turn[0], -turn[1] if turn[0] % 2 else turn[1]))


def _refuse_a_lone_one(sessions: Sequence[Session], outcome: Outcome) -> None:
    able = [session for session in sessions if not session.refused]
    if len(able) == 1 < len(sessions):
        first = next(session.refused for session in sessions if session.refused)
        able[0].refuse(f"there is nothing to compare it with: {first}", outcome)


def _scratch() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="gradgauge-")
    except OSError as error:
        raise UsageError(f"temporary files cannot be written (is the disk full?): {error.strerror}") from None


class _Board:
    """Adds up how far the sides have come."""

    def __init__(self, progress: Progress, sides: int) -> None:
        self._progress = progress
        self._sides: list[Status | None] = [None] * sides

    def take(self, side: int, status: Status) -> None:
        self._sides[side] = status
        known = [one for one in self._sides if one is not None]
        if len(known) < len(self._sides):
            return
        total = Status(
            sum(one.total for one in known),
            sum(one.done for one in known),
            status.running,
            sum(one.elapsed for one in known),
            sum(one.left for one in known),
            status.last,
            side=status.side if len(known) > 1 else "",
        )
        self._progress(total)
