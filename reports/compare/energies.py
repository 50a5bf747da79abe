"""Joules side by side: what a gradient takes in all and net of idle, in BASE and in NEW.

They stand there on one machine and across machines, without a verdict: one is drawn about the energy over that of the base
forward pass alone, which was measured in the same windows.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.records import Record
from reports.compare.lines import Line, Section
from reports.compare.sides import Pair
from reports.joules import NET, TOTAL, joules
from reports.text import NOTHING, count, number


def absolute_energies(cells: Sequence[tuple[str, str, Pair]]) -> list[Section]:
    """The section of joules; none where no cell has any on both sides.

    Args:
        cells: (name of the problem, name of the estimator, the cell of kind `energy` on both sides), those of a problem together.
    """
    lines = [line for problem, name, pair in cells for line in _line(problem, name, pair)]
    if not lines:
        return []
    of = count(len(lines), "cell")
    finding = f"Joules of {of} stand side by side, without a verdict."
    summary = f"{of}, for the eye: joules of the device with the counter, in all and net of idle"
    return [
        Section("joules", "Joules of a gradient, BASE beside NEW", finding, summary, tuple(lines), (), exact=True, ranks=False)
    ]


def _line(problem: str, name: str, pair: Pair) -> list[Line]:
    base, new = (_median(side, TOTAL) for side in (pair.base, pair.new))
    if base is None or new is None or base <= 0:
        return []
    return [Line(problem, name, (_said(base, pair.base), _said(new, pair.new)), number(new / base), NOTHING, "no verdict")]


def _said(total: float, records: Mapping[int, Record]) -> str:
    net = _median(records, NET)
    return joules(total) if net is None else f"{joules(total)}, {joules(net)} net"


def _median(records: Mapping[int, Record], metric: str) -> float | None:
    """The median over processes; None where there is none."""
    found = [one.value for record in records.values() for one in record.metrics if one.metric == metric and one.value is not None]
    return median(map(float, found)) if found else None
