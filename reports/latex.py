"""A table for a paper, in LaTeX: each estimator on each problem with its cost, its memory and its quality.

It needs the packages booktabs and longtable. It is not the place of all numbers; those are in the other formats of an export.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

from benchmarks.records import CONTRACT
from reports.figures.selection import state
from reports.frames import Results, rows
from reports.text import NOTHING, number, short, size

NEEDS = "\\usepackage{booktabs, longtable}"
"""What the preamble of the paper says."""

_LABEL = 60  # characters of a name at most


def latex(results: Results) -> str:
    r"""The table of all planned cells, in the order of reports.

    Returns:
        A `longtable` with one row an estimator and problem: runtime multiple and cosine similarity with their intervals, exact
        peak of tensor bytes. Where there is no number stands the outcome; a number that is not `ok` has its outcome beside it.
        Every text is escaped.
    """
    lines: dict[tuple[str, str], dict[str, str]] = {}
    cells = results.cells[results.cells["problem"] != CONTRACT]
    for row in rows(cells):
        line = lines.setdefault((row["panel"], row["label"]), dict.fromkeys(_COLUMNS, NOTHING))
        for heading, (kind, metric, say) in _COLUMNS.items():
            if row["kind"] == kind:
                line[heading] = _cell(row, metric, say)
    shown, before = [], None
    for (panel, label), line in lines.items():
        shown.append(("" if panel == before else short(panel, _LABEL), short(label, _LABEL), *line.values()))
        before = panel
    frame = pd.DataFrame(shown, columns=["problem", "estimator", *_COLUMNS])
    written = frame.to_latex(
        index=False, escape=True, longtable=True, column_format="llrrr", caption=_caption(results, cells), label="tab:gradgauge"
    )
    names = ", ".join(run.name for run in results.runs)
    return f"% From {names}, by `gradgauge export --format latex`. The preamble says {NEEDS}.\n{written}"


def _with_interval(row: dict[str, Any], metric: str) -> str:
    low, high = (number(row.get(f"{metric}_{end}")) for end in ("low", "high"))
    value = number(row[metric])
    return value if NOTHING in (low, high) else f"{value} [{low}, {high}]"


def _bytes(row: dict[str, Any], metric: str) -> str:
    return size(row[metric])


_COLUMNS: dict[str, tuple[str, str, Callable[[dict[str, Any], str], str]]] = {  # heading -> kind, metric, how it is written
    "runtime multiple": ("cost", "multiple", _with_interval),
    "peak memory": ("memory", "peak_bytes", _bytes),
    "cosine similarity": ("quality", "cosine", _with_interval),
}


def _cell(row: dict[str, Any], metric: str, say: Callable[[dict[str, Any], str], str]) -> str:
    if number(row.get(metric)) == NOTHING:
        return NOTHING if row["outcome"] == "ok" else str(row["outcome"])
    said = ("~" if state(row) == "doubtful" else "") + say(row, metric)
    return said if row["outcome"] == "ok" else f"{said} ({row['outcome']})"


def _caption(results: Results, cells: pd.DataFrame) -> str:
    said = (
        f"Runtime multiple of the base forward pass ({results.scope}), exact peak of tensor bytes beyond parameters, buffers and "
        "batch, and cosine similarity to the gradient (95 % interval over draws)."
    )
    if any(state(row) == "doubtful" for row in rows(cells)):
        said += " ~ marks what is imprecise or was disturbed."
    return said.replace("%", "\\%").replace("~", "\\textasciitilde{}")
