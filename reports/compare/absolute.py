"""Absolute times side by side, for runs between which no verdict about code is drawn: another machine, GPU, precision, ...

They are shown where multiples cannot be compared, and only there: on one machine they move by 10 to 20 % between processes. Each
has the share of what its own device was seen to do at best in the same run, where that was measured: what is slower on one
machine may still be nearer to what that machine can do.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.records import Record
from benchmarks.records.ceilings import Ceilings
from reports import roofs
from reports.compare.lines import Line, Section
from reports.compare.sides import Pair
from reports.text import NOTHING, count, duration, listed, number

_BASE = "base forward pass"
_WORD = "no verdict"

Roofs = tuple[Ceilings | None, Ceilings | None]
"""Of BASE and of NEW."""


def absolute_times(cells: Sequence[tuple[str, str, Pair]], measured: Roofs = (None, None)) -> list[Section]:
    """The section of absolute times; none where no cell has any.

    Args:
        cells: (name of the problem, name of the estimator, the cell on both sides), those of a problem together.
        measured: what the devices of both runs were seen to do at best.
    """
    lines: list[Line] = []
    for problem, estimator, pair in cells:
        if all(line.problem != problem for line in lines):
            lines += _line(problem, _BASE, pair, measured, "base_")
        lines += _line(problem, estimator, pair, measured, "")
    if not lines:
        return []
    gradients = sum(line.estimator != _BASE for line in lines)
    summary = f"{count(gradients, 'cell')}, for the eye: they say how fast a machine or a precision is, and nothing about code"
    title = "Absolute times, BASE beside NEW"
    finding = f"Absolute times of {count(gradients, 'cell')} stand side by side, without a verdict."
    reasons = tuple(_reasons(measured)) if any("%" in value for line in lines for value in line.values) else ()
    return [Section("absolute", title, finding, summary, tuple(lines), reasons, exact=True, ranks=False)]


def _line(problem: str, name: str, pair: Pair, measured: Roofs, prefix: str) -> list[Line]:
    sides = (pair.base, pair.new)
    base, new = (_median(side, f"{prefix}time") for side in sides)
    if base is None or new is None:
        return []
    values = tuple(
        f"{duration(time)}{_share(side, time, roof, prefix)}"
        for side, time, roof in zip(sides, (base, new), measured, strict=True)
    )
    return [Line(problem, name, (values[0], values[1]), number(new / base), NOTHING, _WORD)]


def _share(records: Mapping[int, Record], time: float, roof: Ceilings | None, prefix: str) -> str:
    """How much of its roof a time reaches, in brackets; empty where no roof of that device and precision is known."""
    flops, moved = (_median(records, f"{prefix}{name}") for name in ("flops", "operator_bytes"))
    if roof is None or flops is None or moved is None or not _below(roof, records):
        return ""
    return f" ({number(100 * flops / (time * 1e-9) / roof.roof(flops / moved), 2)} %)"


def _below(roof: Ceilings, records: Mapping[int, Record]) -> bool:
    """Whether a roof is that of the device, precision and threads of a cell."""
    cell = next(iter(records.values())).cell
    return (roof.device, roof.dtype, roof.threads) == (cell.device, cell.dtype, cell.threads)


def _reasons(measured: Roofs) -> list[str]:
    """What the percentages are of, by side."""
    said = [
        f"{name}: {listed([f'{what} {speed}' for what, speed in roofs.in_words(roof).items()])}"
        for name, roof in zip(("BASE", "NEW"), measured, strict=True)
        if roof is not None
    ]
    what = "in brackets, how much of the roof of its own device is reached, which is what the fastest matrix product or, with few"
    without = [
        f"no ceilings were measured in {name}" for name, roof in zip(("BASE", "NEW"), measured, strict=True) if roof is None
    ]
    return ["; ".join([f"{what} operations a byte, the fastest copy of the same run allows", *said, *without])]


def _median(records: Mapping[int, Record], name: str) -> float | None:
    """The median over processes; None where none has a positive one."""
    found = [metric.value for record in records.values() for metric in record.metrics if metric.metric == name]
    values = [float(value) for value in found if value is not None and value > 0]
    return median(values) if values else None
