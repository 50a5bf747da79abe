"""The page about the trials: a README beside the tables, made from what lies there."""

import csv
import json
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Values = Mapping[str, Any]

_TITLE = """# Are the verdicts right?

Trials of `gradgauge compare`, as far as they have been made here. Each table stands below the command that makes it, and
`python -m reports.validation` writes this page. What a verdict means: [comparing.md](../../comparing.md).
"""

_RIVALS = """Every comparison is of one cell with itself. asv and pytest-benchmark time one estimate of the cell in wall
time, as their users do, and compare two sets of results that were taken one after the other; all settings of a tool judge the
same results. asv calls different what passes its Mann-Whitney test and is beyond the factor. pytest-benchmark has no threshold by
default, 5 % is the one in its documentation, and it looks for what got slower alone. gradgauge compares multiples of the base
pass, from processes measured in turns.
"""


@dataclass(frozen=True)
class Table:
    """One table of the trials.

    Attributes:
        about: how it came to be, and what it comes to.
        lines: column -> text.
    """

    about: Values
    lines: Sequence[Mapping[str, str]]


def read(folder: Path) -> dict[str, Table]:
    """The tables in a folder, by name: `NAME.csv` with `NAME.json`; those that are not there are left out."""
    found = {}
    for name in (*SECTIONS, "cells"):
        if (folder / f"{name}.json").exists():
            about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
                found[name] = Table(about, list(csv.DictReader(stream)))
    return found


def page(tables: Mapping[str, Table]) -> str:
    """The page in Markdown, with a section for each table that is there."""
    return "\n".join([_TITLE, *(section(tables) for name, section in SECTIONS.items() if name in tables)])


def _verdicts(tables: Mapping[str, Table]) -> str:
    about = tables["verdicts"].about
    found = about["figures"]
    floor, own, steady = found["floor"], found["own"], found["steady_largest_limit"]
    header = ("compared with the base", "by", "comparisons", "slower", "faster", "same", "undecided", "mean ratio", "half-width")
    rows = [
        (
            _SIDES[one["side"]],
            _percent(one["planted"]),
            *(one[word] for word in ("comparisons", "slower", "faster", "same", "undecided")),
            f"{one['mean_ratio']:.4f}",
            _percent(one["half_width"]),
        )
        for one in found["sides"]
    ]
    below = [
        f"L = {_percent(found['limit'])} is the detection limit at {about['processes']} processes on each side, from the noise "
        "floor that the full `gradgauge doctor` measured right before: "
        f"{floor['pairs']} pairs of processes, {floor['cells']} cells, half-width {_percent(floor['half_width'])}. The spread of "
        f"the trials themselves gives {_percent(own['limit'])} (half-width {_percent(own['half_width'])}). Half-widths in the "
        "table are medians.",
        f"Of the {about['cells']} cells, {found['steady_cells']} have a standard deviation of 1 % or less over processes"
        + ("" if steady is None else f"; their own detection limit is {_percent(steady)} at most")
        + " (`cells.csv`). Every comparison of every cell stands in `verdicts.csv`.",
    ]
    return _section("Equal code, and planted slowdowns", [about["trials"], about], _table(header, rows), below)


def _rivals(tables: Mapping[str, Table]) -> str:
    rows = [
        (line["tool"], f"`{line['setting']}`", line["comparisons"], line["false_alarms"], _percent(float(line["largest_change"])))
        for line in tables["rivals"].lines
    ]
    if "verdicts" in tables:
        equal = tables["verdicts"].about["figures"]["sides"][0]
        largest = max(_change(float(line["ratio"])) for line in tables["verdicts"].lines if float(line["planted"]) == 0)
        alarms = equal["slower"] + equal["faster"]
        rows.append(("gradgauge", "`gradgauge compare` (default)", equal["comparisons"], alarms, _percent(largest)))
    header = ("tool", "setting", "comparisons of equal code", "called different", "largest change")
    return _section("Equal code, by three tools", [tables["rivals"].about], _table(header, rows), [_RIVALS])


def _coverage(tables: Mapping[str, Table]) -> str:
    lines = tables["coverage"].lines
    header = ("compared in", "spikes", "processes", "coverage", "half-width", "coverage, ranks", "half-width, ranks")
    shares = ("coverage", "half_width", "rank_coverage", "rank_half_width")
    rows = [
        (line["compared"], _percent(float(line["spikes"])), line["processes"], *(_percent(float(line[name])) for name in shares))
        for line in lines
        if int(line["processes"]) in _SHOWN
    ]
    calm, spiky = ([float(x["coverage"]) for x in lines if (float(x["spikes"]) > 0) == spikes] for spikes in (False, True))
    error = max(float(line["error"]) for line in lines)
    below = [
        f"Over all numbers of processes (`coverage.csv`): {_range(calm)} without spikes; {_range(spiky)} where a process in ten "
        f"is slower by up to a half. The standard error of a coverage is {_percent(error)} or less. Spikes make Student's "
        "interval wide and no less honest; the one from ranks (Hodges-Lehmann) stands beside it in `compare --format json`.",
    ]
    return _section("Coverage of the 95 % intervals, simulated", [tables["coverage"].about], _table(header, rows), below)


SECTIONS: dict[str, Callable[[Mapping[str, Table]], str]] = {"verdicts": _verdicts, "rivals": _rivals, "coverage": _coverage}
"""Name of a table -> its section, in the order of the page."""

_SIDES = {"equal": "equal code", "planted-L": "slower by L", "planted-2L": "slower by 2L"}
_SHOWN = (6, 8, 10, 15, 20)


def _section(title: str, made: Iterable[Values], table: str, below: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *map(_made, made), table, "", *(f"{_wrapped(text)}\n" for text in below)])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 125, break_long_words=False, break_on_hyphens=False)


def _made(about: Values) -> str:
    cpu, torch = about["cpu"], about["versions"].get("torch")
    when = about["written"][:16].replace("T", " ")
    where = f"{cpu['name']}, {cpu['cores_usable']:g} cores, torch {torch}, commit {str(about['commit'])[:10]}"
    return f"```bash\n{about['command']}\n```\n\n{when} UTC, {where}\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in (header, rule, *rows))


def _range(values: Sequence[float]) -> str:
    return f"{_percent(min(values))} to {_percent(max(values))}"


def _change(ratio: float) -> float:
    return max(ratio, 1 / ratio) - 1


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %" if value else "0"
