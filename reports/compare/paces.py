"""Absolute times of a training's step side by side, where the comparison has no verdict about its time to target.

That is: without backprop beside it, in fewer processes than a verdict needs, or between machines.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.records import TRAINING, Record
from reports.compare.lines import Line, Section
from reports.compare.rows import Row
from reports.compare.sides import Pair
from reports.text import NOTHING, count, duration, number

_BACKPROP = "backprop"  # what time to target is over, so that it has none


def untimed(rows: Sequence[Row]) -> list[Pair]:
    """The trainings without a verdict about their time to target, each once; backprop's only where no other has one either."""
    pairs = {id(row.pair): row.pair for row in rows if row.pair.kind == TRAINING}
    timed = {id(row.pair) for row in rows if row.pair.kind == TRAINING and row.in_processes and row.judged}
    return [pair for key, pair in pairs.items() if key not in timed and (not timed or pair.estimator != _BACKPROP)]


def step_times(cells: Sequence[tuple[str, str, Pair]]) -> list[Section]:
    """The section of the times of steps; none where no cell has any.

    Args:
        cells: (name of the problem, name of the estimator with its rule, the training on both sides), those of a problem
            together.
    """
    lines = [line for problem, name, pair in cells for line in _line(problem, name, _time(pair.base), _time(pair.new))]
    if not lines:
        return []
    cells_of = count(len(lines), "cell")
    summary = f"{cells_of}, for the eye: times of single trainings move by 10 to 20 % from process to process"
    finding = f"Absolute times of a step in {count(len(lines), 'training')} stand side by side, without a verdict."
    return [Section("steps", "Time of a step, BASE beside NEW", finding, summary, tuple(lines), (), exact=True, ranks=False)]


def _line(problem: str, name: str, base: float | None, new: float | None) -> list[Line]:
    if base is None or new is None:
        return []
    return [Line(problem, name, (duration(base), duration(new)), number(new / base), NOTHING, "no verdict")]


def _time(records: Mapping[int, Record]) -> float | None:
    """The median over seeds and processes, in ns; None where there is none."""
    found = [metric.value for record in records.values() for metric in record.metrics if metric.metric == "step_time"]
    values = [float(value) for value in found if value is not None and value > 0]
    return median(values) if values else None
