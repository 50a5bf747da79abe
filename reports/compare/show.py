"""A comparison for people and programs: text for a terminal, Markdown for a pull request, JSON."""

import io
import json
import re
from collections.abc import Callable

from rich.padding import Padding
from rich.table import Table

from benchmarks.records.rows import finite
from reports.compare.comparison import Comparison
from reports.compare.sections import Line, Section, outcome, sections, unmatched
from reports.terminal import plain, trimmed
from reports.text import count, short, visible

WIDE = 110
"""Columns of a terminal from which on values of both sides and Hodges-Lehmann estimates are shown too."""

_NAME, _PATH, _REASON = 120, 200, 400  # characters shown at most
_LEAST_NAME = 24  # characters of a name in a narrow terminal


def terminal(comparison: Comparison, width: int) -> str:
    """Text for a terminal.

    Args:
        comparison: what is shown.
        width: columns of the terminal.
    """
    stream = io.StringIO()
    console = plain(stream, width)
    for line in _head(comparison):
        console.print(line)
    for section in sections(comparison):
        console.print(f"\n{section.title}\n{section.summary}")
        if section.lines:
            console.print(_table(section, width))
        for reason in section.reasons:
            console.print(Padding(short(reason, _REASON), (0, 0, 0, 2)))
    console.print()
    for line in _foot(comparison):
        console.print(line)
    return trimmed(stream)


def markdown(comparison: Comparison) -> str:
    """The same as GitHub's Markdown; nothing in a name can break out of its place."""
    blocks = [_list(_head(comparison))]
    for section in sections(comparison):
        blocks += [f"### {_plain(section.title)}", _plain(section.summary)]
        if section.lines:
            columns = ["problem", "estimator", "BASE", "NEW", "ratio", *(["Hodges-Lehmann"] if section.ranks else []), "verdict"]
            rows = [columns, ["---"] * len(columns), *(_cells(line, section) for line in section.lines)]
            blocks.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
        if section.reasons:
            blocks.append(_list([short(reason, _REASON) for reason in section.reasons]))
    return "\n\n".join([*blocks, _list(_foot(comparison))]) + "\n"


def as_json(comparison: Comparison) -> str:
    """Everything, for programs: numbers that are missing are null, and all text is ASCII."""
    sides = {
        name: {"run": side.run, "path": str(side.path.resolve())}
        for name, side in (("base", comparison.base), ("new", comparison.new))
    }
    again = comparison.again and [str(side.path.resolve()) for side in comparison.again]
    settling = comparison.settling
    values = {
        **sides,
        "again": again,
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
    return json.dumps(finite(values), indent=1, allow_nan=False) + "\n"


SHOWN: dict[str, Callable[[Comparison, int], str]] = {
    "text": terminal,
    "markdown": lambda comparison, width: markdown(comparison),
    "json": lambda comparison, width: as_json(comparison),
}
"""Format -> (comparison, columns of the terminal) -> text."""


def _head(comparison: Comparison) -> list[str]:
    sides = (("BASE", comparison.base), ("NEW ", comparison.new))
    lines = [f"{name} {short(side.run, _NAME)} ({short(str(side.path), _PATH)})" for name, side in sides]
    if not comparison.differences:
        return [*lines, "Nothing differs between them but the numbers."]
    forbidding = [one for one in comparison.differences if one.forbids]
    said = "" if not forbidding else f", of which {len(forbidding)} forbid verdicts about {_kinds(comparison)}"
    lines.append(f"{count(len(comparison.differences), 'difference')} beside the numbers{said}:")
    return [*lines, *(f"  {short(str(one), _PATH)}" for one in comparison.differences)]


def _kinds(comparison: Comparison) -> str:
    kinds = frozenset().union(*(one.forbids for one in comparison.differences))
    return ", ".join(kind for kind in ("cost", "memory", "quality") if kind in kinds)


def _foot(comparison: Comparison) -> list[str]:
    left_out = [short(line, _REASON) for line in unmatched(comparison)]
    lines = [f"Not compared: {line}" for line in left_out] or ["Every cell is on both sides."]
    return [*lines, *comparison.notes, outcome(comparison)]


def _table(section: Section, width: int) -> Table:
    """One line a cell under the name of its problem; names are cut to what the figures leave."""
    cells = [_figures(line, section, wide=width >= WIDE) for line in section.lines]
    taken = sum(2 + max(map(len, column)) for column in zip(*cells, strict=True))
    name = min(_NAME, max(_LEAST_NAME, width - taken - 2))
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


def _cells(line: Line, section: Section) -> list[str]:
    ranks = [line.robust] if section.ranks else []
    return [_code(line.problem), _code(line.estimator), *line.values, line.change, *ranks, line.verdict]


def _list(lines: list[str]) -> str:
    """A list whose indented lines are a list within it."""
    return "\n".join(f"{'  ' if line.startswith(' ') else ''}- {_plain(line.strip())}" for line in lines)


def _code(text: str) -> str:
    """A name as a code span in a table: with a fence longer than any in it, and bars escaped."""
    seen = short(text, _NAME)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", seen)), default=0))
    inner = seen.replace("|", "\\|")
    return f"{fence} {inner} {fence}" if "`" in seen else f"{fence}{inner}{fence}"


def _plain(text: str) -> str:
    """Text without meaning to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>|#~@$&])", r"\\\1", visible(text))
