"""Absolute times side by side, for runs between which no verdict about code is drawn: another machine, GPU, precision, ...

They are shown where multiples cannot be compared, and only there: on one machine they move by 10 to 20 % between processes.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.records import Record
from reports.compare.lines import Line, Section
from reports.compare.sides import Pair
from reports.text import NOTHING, count, duration, number

_BASE = "base forward pass"
_WORD = "no verdict"


def absolute_times(cells: Sequence[tuple[str, str, Pair]]) -> list[Section]:
    """The section of absolute times; none where no cell has any.

    Args:
        cells: (name of the problem, name of the estimator, the cell on both sides), those of a problem together.
    """
    lines: list[Line] = []
    for problem, estimator, pair in cells:
        if all(line.problem != problem for line in lines):
            lines += _line(problem, _BASE, _median(pair.base, "base_time"), _median(pair.new, "base_time"))
        lines += _line(problem, estimator, _median(pair.base, "time"), _median(pair.new, "time"))
    if not lines:
        return []
    gradients = sum(line.estimator != _BASE for line in lines)
    summary = f"{count(gradients, 'cell')}, for the eye: they say how fast a machine or a precision is, and nothing about code"
    title = "Absolute times, BASE beside NEW"
    finding = f"Absolute times of {count(gradients, 'cell')} stand side by side, without a verdict."
    return [Section("absolute", title, finding, summary, tuple(lines), (), exact=True, ranks=False)]


def _line(problem: str, name: str, base: float | None, new: float | None) -> list[Line]:
    if base is None or new is None:
        return []
    return [Line(problem, name, (duration(base), duration(new)), number(new / base), NOTHING, _WORD)]


def _median(records: Mapping[int, Record], name: str) -> float | None:
    """The median over processes, in ns; None where none has a positive one."""
    found = [metric.value for record in records.values() for metric in record.metrics if metric.metric == name]
    values = [float(value) for value in found if value is not None and value > 0]
    return median(values) if values else None
