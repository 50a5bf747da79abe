"""How far a run has come, always visible: a live line on a terminal, a line for every cell elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from benchmarks.journal import Progress, Status
from benchmarks.records import Cell, Outcome, Record
from reports import names
from reports.text import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_QUIET = (Outcome.OK, Outcome.SKIPPED)
"""Outcomes that need no line of their own on a terminal."""


@contextmanager
def shown(stream: TextIO) -> Iterator[Progress]:
    """A progress function that writes to a stream; what it shows ends with the context.

    Args:
        stream: a terminal gets one live line, anything else a line for each cell.
    """
    if not stream.isatty():
        yield lambda status: _line(stream, status)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.fields[left]}"), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(file=stream), transient=True) as bar:
        yield _live(bar)


def line(status: Status) -> str | None:
    """What a status is worth where every line stays: what is waited for, or the record just written, or None."""
    if status.last is None:
        return status.note or None
    width = len(str(status.total))
    left = f"{written(status.left)} left" if status.left > 0 else "done"
    side = f"{visible(status.side)}: " if status.side else ""
    return f"[{status.done:{width}}/{status.total}] {side}{_became(status.last)}  ({left})"


def written(seconds: float) -> str:
    """A duration for people: `4.0 s`, `1 min 30 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _line(stream: TextIO, status: Status) -> None:
    if text := line(status):
        print(text, file=stream, flush=True)


def _live(bar: "Bar") -> Callable[[Status], None]:
    from rich.markup import escape

    task = bar.add_task("starting", total=None, left="")

    def show(status: Status) -> None:
        side = f"{visible(status.side)}: " if status.side else ""
        if status.last is not None and status.last.outcome not in _QUIET:
            bar.console.print(escape(side + _became(status.last)), highlight=False, soft_wrap=True)
        running = status.note or side + ("; ".join(map(_named, status.running)) or "starting a worker")
        left = f"{written(status.left)} left"
        bar.update(task, total=status.total, completed=status.done, left=left, description=escape(running))

    return show


def _became(record: Record) -> str:
    marks = f" ({', '.join(sorted(record.marks))})" if record.marks else ""
    reason = f": {visible(record.reason)}" if record.reason else ""
    return f"{record.outcome.value:8} {_named(record.cell)}, {written(record.seconds)}{marks}{reason}"


def _named(cell: Cell) -> str:
    estimator = names.executed(names.estimator(cell.estimator), cell.execution).text
    if cell.problem == cell.kind:
        return f"contract of {estimator}"
    seed = f", seed {cell.seed}" if cell.rule else ""
    return f"{cell.kind} of {names.trained(estimator, cell.rule)} on {names.problem(cell.problem)}{seed}"
