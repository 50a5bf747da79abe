"""Comparisons for people and programs: text for a terminal, Markdown, JSON, a page; all from the same sections."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.padding import Padding
from rich.table import Table

from benchmarks.records.rows import finite
from reports.compare.around import NAME, REASON, foot, head
from reports.compare.comparison import Comparison
from reports.compare.lines import Line, Section
from reports.compare.markdown import markdown
from reports.compare.sections import sections
from reports.terminal import plain, trimmed
from reports.text import short

WIDE = 110
"""Columns of a terminal from which on values of both sides and Hodges-Lehmann estimates are shown too."""

_LEAST_NAME = 24  # characters of a name in a narrow terminal


def terminal(comparison: Comparison, width: int) -> str:
    """Text for a terminal.

    Args:
        comparison: what is shown.
        width: columns of the terminal.
    """
    stream = io.StringIO()
    console = plain(stream, width)
    for line in head(comparison):
        console.print(line)
    for section in sections(comparison):
        console.print(f"\n{section.title}\n{section.summary}")
        if section.lines:
            console.print(_table(section, width))
        for reason in section.reasons:
            console.print(Padding(short(reason, REASON), (0, 0, 0, 2)))
    console.print()
    for line in foot(comparison):
        console.print(line)
    return trimmed(stream)


def as_json(*comparisons: Comparison) -> str:
    """Everything, for programs: an object, or of several comparisons a list; missing numbers are null, and all text is ASCII."""
    values = [_values(comparison) for comparison in comparisons]
    return json.dumps(finite(values[0] if len(values) == 1 else values), indent=1, allow_nan=False) + "\n"


def html(comparisons: Sequence[Comparison]) -> str:
    """A page that opens offline and holds the numbers of all runs."""
    from reports.compare.page import page  # these draw, which takes a second to load
    from reports.embedded import pack

    sides = [side for one in comparisons for side in (one.base, one.new, *(one.again or ()))]
    return page(comparisons, pack(list(dict.fromkeys(path for side in sides for path in side.paths))))


SHOWN: dict[str, Callable[[Sequence[Comparison], int], str]] = {
    "text": lambda comparisons, width: "\n".join(terminal(one, width) for one in comparisons),
    "markdown": lambda comparisons, width: "\n".join(map(markdown, comparisons)),
    "json": lambda comparisons, width: as_json(*comparisons),
    "html": lambda comparisons, width: html(comparisons),
}
"""Format -> (comparisons with the same BASE, columns of the terminal) -> text."""

ENDINGS = {".md": "markdown", ".json": "json", ".html": "html", ".htm": "html"}
"""How a file's name ends -> the format it is written in unless told otherwise; others are text."""


def _values(comparison: Comparison) -> dict[str, Any]:
    sides = {
        name: {"run": side.run, "path": str(side.path.resolve())}
        for name, side in (("base", comparison.base), ("new", comparison.new))
    }
    settling = comparison.settling
    return {
        **sides,
        "again": comparison.again and [str(side.path.resolve()) for side in comparison.again],
        "threshold": comparison.rule.threshold,
        "noise_floor": comparison.rule.noise_floor,
        "detection_limit": comparison.rule.limit,
        "settling": settling and {"noise_floor": settling.noise_floor, "detection_limit": settling.limit},
        "exit_code": comparison.exit_code,
        "compared": sum(row.judged for row in comparison.rows),
        "losses": len(comparison.losses),
        **comparison.context(),
        "rows": comparison.values(),
    }


def _table(section: Section, width: int) -> Table:
    """One line a cell under the name of its problem; names are cut to what the figures leave."""
    cells = [_figures(line, section, wide=width >= WIDE) for line in section.lines]
    taken = sum(2 + max(map(len, column)) for column in zip(*cells, strict=True))
    name = min(NAME, max(_LEAST_NAME, width - taken - 2))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for justify in ("left", "right", *("left" for _ in cells[0][1:])):
        table.add_column(no_wrap=True, justify=justify)  # type: ignore[arg-type]
    problem = None
    for line, figures in zip(section.lines, cells, strict=True):
        if line.problem != problem:
            table.add_row(short(problem := line.problem, name))
        table.add_row(f"  {short(line.estimator, name - 2)}", *figures)
    return table


def _figures(line: Line, section: Section, *, wide: bool) -> tuple[str, ...]:
    """What stands beside a name: the change, the verdict, and where there is room the interval from ranks."""
    values = f"{line.values[0]} -> {line.values[1]}  " if wide or section.exact else ""
    return (f"{values}{line.change}", line.verdict, *((f"ranks {line.robust}",) if wide and section.ranks else ()))
