"""What the driver decides about cells and runs: pure functions from records and plans."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from benchmarks.harness.gpu_state import was_shared, was_throttled
from benchmarks.harness.machine import is_contended
from benchmarks.plan import TIMED, Plan, Planned
from benchmarks.records import CONTRACT, EAGER, Cell, Outcome, Record

INTERRUPTED, NOTHING, FAILED, FINE = 130, 4, 3, 0
"""Exit codes of a run; 1 is for regressions and failed checks, 2 for what cannot be run."""

LEAST_BUDGET = 0.05
"""Seconds for the adaptive part of a cell when a total budget is all but spent."""

_LOST = (Outcome.TIMEOUT, Outcome.OUT_OF_MEMORY)

Lost = Mapping[tuple[str, str, str], Record]
"""(estimator, problem, execution) -> a record in which a worker ran out of time or memory."""


def judged(record: Record, contract: Record | None, cores: float) -> Record:
    """A record in the light of its estimator's contract and of what others did to the machine meanwhile.

    Args:
        record: as the worker sent it.
        contract: that of the same estimator; None where it was not run.
        cores: that this process may use.

    Returns:
        `wrong` instead of `ok`, with the clause as reason, where the contract is broken; marked `unchecked` where the contract
        was not run to its end; a timed cell marked `contended` where others took the processor, and `throttled` where a clock was
        held down; any cell on a GPU marked `contended` where a process that is not ours was there.
    """
    record = record.marked(*_disturbed(record, cores))
    if record.cell.kind == CONTRACT:
        return record
    if contract is not None and contract.outcome is Outcome.WRONG and record.outcome is Outcome.OK:
        return replace(record, outcome=Outcome.WRONG, reason=f"breaks its contract: {contract.reason}")
    if contract is None or contract.outcome not in (Outcome.OK, Outcome.WRONG):
        return record.marked("unchecked")
    return record


def _disturbed(record: Record, cores: float) -> set[str]:
    """Marks for what went on beside a cell; who else was on its GPU tells on its memory and its energy, too."""
    other, gpu = record.facts.get("other_load"), record.facts.get("gpu", {})
    timed = record.cell.kind in TIMED
    busy = timed and isinstance(other, float) and is_contended(other, record.cell.threads, cores)
    slowed = record.facts.get("throttle_events") or (gpu and was_throttled(gpu))
    marks = {"contended": busy or was_shared(gpu), "throttled": timed and slowed}
    return {mark for mark, holds in marks.items() if holds}


def hopeless(cell: Cell, seen: Lost) -> Record | None:
    """The record of a cell that need not be tried, because the same estimator was lost there or in its contract before.

    A hang costs its full time limit; without this, an estimator that always hangs would cost that once for every cell.

    Args:
        cell: the next one.
        seen: see `Lost`.
    """
    for problem, execution in ((CONTRACT, EAGER), (cell.problem, cell.execution)):
        lost = seen.get((cell.estimator, problem, execution))
        if lost is not None and lost.cell != cell:
            where = "its contract" if problem == CONTRACT else f"{lost.cell.kind} of the same cell"
            return Record(cell, lost.outcome, f"not tried: {where} was lost ({lost.reason})")
    return None


def lost(records: Iterable[Record]) -> dict[tuple[str, str, str], Record]:
    """The last record of each that was lost; see `Lost` and `hopeless`."""
    return {(r.cell.estimator, r.cell.problem, r.cell.execution): r for r in records if r.outcome in _LOST}


def cell_budget(planned: Planned, left: Plan, workers: int, budget: float, seconds_left: float | None) -> float:
    """Seconds for the adaptive part of the next cell, so that all cells that are left fit.

    Args:
        planned: the next cell.
        left: what is left to do, this cell included.
        workers: how many measure side by side where no clock is read.
        budget: what a cell may take at most.
        seconds_left: of the total budget; None where there is none.
    """
    if seconds_left is None:
        return budget
    share = planned.seconds * seconds_left / left.seconds(workers)
    return min(budget, max(LEAST_BUDGET, share))


def exit_code(records: Iterable[Record], *, interrupted: bool) -> int:
    """What the process that ran them should end with.

    Args:
        records: the last one of each cell.
        interrupted: whether somebody stopped the run.
    """
    everything = list(records)
    if interrupted:
        return INTERRUPTED
    asked = [record for record in everything if record.cell.kind != CONTRACT] or everything
    if not any(record.metrics for record in asked):
        return NOTHING
    return FINE if all(record.outcome.done for record in everything) else FAILED


def counts(records: Iterable[Record]) -> dict[str, int]:
    """Outcome -> number of records, for outcomes that occur, in the order of the vocabulary."""
    found = Counter(record.outcome for record in records)
    return {outcome.value: found[outcome] for outcome in Outcome if outcome in found}
