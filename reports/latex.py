"""Tables for a paper, in LaTeX: one for each question, what one gradient costs, what memory it takes, and how close it is.

Each is a `longtable` with the rules of booktabs, one line an estimator below the problem it was measured on; a value and its
interval stand in two columns, so that values align. It is not the place of all numbers: those are in the other formats.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.figures.selection import state
from reports.frames import Results, rows
from reports.joules import joules
from reports.text import NOTHING, count, duration, listed, number, short, size, whole

NEEDS = r"\usepackage{array, booktabs, longtable}"
"""What the preamble of the paper says."""

_LABEL = 80  # characters of a name at most
_DAGGER, _WRONG = r"\textsuperscript{$\dagger$}", r"\textsuperscript{$\ddagger$}"
_ESCAPES = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': "''",
        "–": "--",
        "…": r"\ldots{}",
        "·": r"$\cdot$",
    }
)


@dataclass(frozen=True)
class Column:
    """One quantity.

    Attributes:
        heading: in LaTeX.
        metric: the column of the cells.
        words: how a value is written.
        interval: whether its interval stands beside it.
    """

    heading: str
    metric: str
    words: Callable[[float | None], str] = number
    interval: bool = False


@dataclass(frozen=True)
class Question:
    """What one table answers.

    Attributes:
        kind: of measurement; also ends the label.
        caption: in LaTeX, without what the intervals are.
        columns: its quantities.
        brackets: what its intervals are; empty for those of a time, of which the results know what they are.
    """

    kind: str
    caption: str
    columns: tuple[Column, ...]
    brackets: str = ""


QUESTIONS = (
    Question(
        "cost",
        "What one gradient costs: its time over that of one base forward pass (the loss alone, without gradient), over that of "
        "backprop in the same rounds, floating-point operations over those of the base pass, and evaluations of the loss.",
        (
            Column("runtime multiple", "multiple", interval=True),
            Column("over backprop", "ratio_to_backprop", interval=True),
            Column("FLOP", "flop_multiple"),
            Column("calls", "forward_calls", whole),
        ),
    ),
    Question(
        "memory",
        "What memory one gradient takes: the exact peak of tensor bytes beyond parameters, buffers and batch, what of it is kept "
        "between calls, and the peak of one base forward pass.",
        (
            Column("peak", "peak_bytes", size),
            Column("over the base", "peak_multiple"),
            Column("kept", "kept_bytes", size),
            Column("base", "base_peak_bytes", size),
        ),
    ),
    Question(
        "quality",
        r"How close estimates $e$ come to the exact gradient $g$: mean cosine similarity, its closed form where one is known, "
        r"mean of $\|e-g\|^2/\|g\|^2$, and efficiency $\eta = \langle \mathrm{E}e, g\rangle^2 / (\|g\|^2\,\mathrm{E}\|e\|^2)$.",
        (
            Column("cosine", "cosine", interval=True),
            Column("closed form", "cosine_expected"),
            Column("rel.\\ error", "relative_error"),
            Column(r"$\eta$", "efficiency", interval=True),
        ),
        brackets="95 % interval over the draws",
    ),
    Question(
        "energy",
        "What energy one gradient takes, by the counter of the device: in all and net of what the idle device draws, each with "
        r"the error bound of the counter ($\pm$), which is no part of its interval; and in all over that of backprop.",
        (
            Column("in all", "energy", joules, interval=True),
            Column(r"$\pm$", "energy_bound", joules),
            Column("net of idle", "energy_net", joules, interval=True),
            Column(r"$\pm$", "energy_net_bound", joules),
            Column("over backprop", "energy_ratio_to_backprop"),
        ),
        brackets="95 % interval over windows; of several processes the lowest and the highest",
    ),
    Question(
        "training",
        "What training along estimates comes to: the lowest validation loss on the way, the highest share of validation samples "
        "named rightly, the time of one step, and its operations over those of one base forward pass.",
        (
            Column("lowest loss", "best_loss", interval=True),
            Column("accuracy", "best_accuracy"),
            Column("step", "step_time", duration),
            Column("forwards a step", "step_forwards"),
        ),
        brackets="lowest and highest over the seeds",
    ),
)


def latex(results: Results) -> str:
    """The tables of all planned cells, in the order of reports.

    Returns:
        LaTeX to be included as it is: a table for each question that anything was planned for. Where there is no number stands
        the outcome; an estimator whose number is in doubt, or that failed its contract, carries a mark that the caption
        explains. Every text is escaped.
    """
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=False,  # what comes from people goes through `escaped`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    tables = [_table(results, question) for question in QUESTIONS if len(results.of(question.kind))]
    names = ", ".join(run.name for run in results.runs)
    return environment.get_template("tables.tex").render(names=names, needs=NEEDS, tables=tables) + "\n"


def escaped(text: str) -> str:
    """A text of people's, harmless and with places where it may break: after brackets and commas."""
    return re.sub(r"([\[,])", r"\1\\allowbreak{}", text.translate(_ESCAPES))


def figure(text: str) -> str:
    """A number or a size as the reports write it, with a minus and powers of ten as they are set in LaTeX."""
    found = re.fullmatch(r"(-?)([\d.,]+)(?:e(-?\d+))?( \w+)?", text)
    if found is None:
        return escaped(text)
    sign, digits, power, unit = found.groups(default="")
    power = rf"$\cdot 10^{{{power}}}$" if power else ""
    return f"{'$-$' if sign else ''}{digits}{power}{unit.replace(' ', chr(92) + ',').replace('µ', chr(92) + 'textmu ')}"


def _table(results: Results, question: Question) -> dict[str, Any]:
    cells = rows(results.of(question.kind))
    groups: dict[str, list[str]] = {}
    for row in cells:
        groups.setdefault(row["panel"], []).append(_line(row, question.columns))
    width = sum(1 + column.interval for column in question.columns)
    headings = [rf"\multicolumn{{2}}{{c}}{{{one.heading}}}" if one.interval else one.heading for one in question.columns]
    return {
        "name": question.kind,
        "caption": _caption(results, question, cells),
        "format": "".join(r"r@{\ }l" if column.interval else "r" for column in question.columns),
        "width": 1 + width,
        "head": " & ".join(["estimator", *headings]),
        "groups": [(escaped(short(panel, _LABEL)), lines) for panel, lines in groups.items()],
    }


def _line(row: dict[str, Any], columns: Sequence[Column]) -> str:
    """One estimator; its name in braces, since a bracket after the end of a line would be an argument of that."""
    marks = (_DAGGER if state(row) == "doubtful" else "") + (_WRONG if row["outcome"] == "wrong" else "")
    name = f"{{{escaped(short(row['label'], _LABEL))}}}{marks}"
    if all(number(row.get(column.metric)) == NOTHING for column in columns):
        width = sum(1 + column.interval for column in columns)
        said = figure(NOTHING) if row["outcome"] == "ok" else row["outcome"]
        return rf"{name} & \multicolumn{{{width}}}{{l@{{}}}}{{{said}}}"
    return " & ".join([name, *(cell for column in columns for cell in _cells(row, column))])


def _cells(row: dict[str, Any], column: Column) -> list[str]:
    value = figure(column.words(row.get(column.metric)))
    if not column.interval:
        return [value]
    low, high = (column.words(row.get(f"{column.metric}_{end}")) for end in ("low", "high"))
    return [value, "" if NOTHING in (low, high) else f"[{figure(low)}, {figure(high)}]"]


def _caption(results: Results, question: Question, cells: Sequence[dict[str, Any]]) -> str:
    said = [question.caption]
    if any(column.interval for column in question.columns):
        said.append(f"In brackets: {escaped(question.brackets or results.scope)}.")
    if any(state(row) == "doubtful" for row in cells):
        said.append(f"{_DAGGER}: imprecise, or disturbed by other processes or a falling clock rate.")
    if any(row["outcome"] == "wrong" for row in cells):
        said.append(f"{_WRONG}: failed its contract.")
    return " ".join([*said, *_measured_on(results)])


def _measured_on(results: Results) -> list[str]:
    """Processor or GPU, threads and torch of each run, once."""
    places: dict[str, None] = {}
    for run in results.runs:
        provenance, options = run.header.get("provenance") or {}, run.header.get("options") or {}
        gpus = [str(gpu.get("name")) for gpu in provenance.get("gpu") or [] if options.get("device", "cpu") != "cpu"]
        said = [
            listed(gpus) or str((provenance.get("cpu") or {}).get("name", "")),
            count(options["threads"], "thread") if not gpus and "threads" in options else "",
            str(options.get("dtype", "")),
            f"torch {version}" if (version := (provenance.get("versions") or {}).get("torch")) else "",
        ]
        places[", ".join(filter(None, said))] = None
    known = [escaped(place).replace(r"\allowbreak{}", "") for place in places if place]
    return [f"Measured on {'; '.join(known)}."] if known else []
