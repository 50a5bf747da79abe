"""The table of every planned cell: an estimator on a problem, what became of it, and its headline numbers."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from benchmarks.records import CONTRACT, STEP, TRAINING
from reports.figures.selection import Row, became
from reports.frames import Results, column, rows
from reports.joules import energy_interval
from reports.sortable import Entry, Heading, Sortable, cut, entry
from reports.text import NOTHING, duration, interval, number, size, whole


class _Column(NamedTuple):
    """One number of a cell: its heading, the kind of measurement and the metric, and how it is written."""

    heading: str
    kind: str
    metric: str
    say: Callable[[Row, str], str]


def _with_interval(row: Row, metric: str) -> str:
    low, high = row[f"{metric}_low"], row[f"{metric}_high"]
    return interval(row[metric], low, high, 3).removesuffix(" (no interval)")


def _energy(row: Row, metric: str) -> str:
    said = energy_interval(row[metric], row[f"{metric}_low"], row[f"{metric}_high"])
    return said.removesuffix(" (no interval)")


_COLUMNS = (
    _Column("multiple of the base", "cost", "multiple", _with_interval),
    _Column("over backprop", "cost", "ratio_to_backprop", _with_interval),
    _Column("time", "cost", "time", lambda row, metric: duration(row[metric])),
    _Column("time between CUDA events", "cost", "device_time", lambda row, metric: duration(row[metric])),
    _Column("GPU at work", "cost", "device_busy_time", lambda row, metric: duration(row[metric])),
    _Column("share waiting for launches", "cost", "launch_bound", lambda row, metric: number(row[metric], 2)),
    _Column("peak of memory", "memory", "peak_bytes", lambda row, metric: size(row[metric])),
    _Column("energy", "energy", "energy", _energy),
    _Column("energy net of idle", "energy", "energy_net", _energy),
    _Column("cosine", "quality", "cosine", _with_interval),
    _Column("norm ratio", "quality", "norm_ratio", _with_interval),
    _Column("efficiency η", "quality", "efficiency", _with_interval),
    _Column("best step", STEP, "best_step", _with_interval),
    _Column("decrease by one step", STEP, "relative_decrease", _with_interval),
    _Column("lowest loss", TRAINING, "best_loss", lambda row, metric: number(row[metric], 4)),
    _Column("loss at the end", TRAINING, "final_loss", lambda row, metric: number(row[metric], 4)),
    _Column("accuracy at the end", TRAINING, "final_accuracy", lambda row, metric: number(row[metric])),
    _Column("time of a step", TRAINING, "step_time", lambda row, metric: duration(row[metric])),
)


def every_cell(results: Results) -> Sortable:
    """One row an estimator and problem, in the order of reports; only columns of which any cell has a number.

    Intervals of costs are those of `results.scope`, intervals of quality are 95 % over the draws, of energies over windows;
    numbers of trainings are medians over seeds.
    """
    cells = results.cells[results.cells["problem"] != CONTRACT]
    shown = [one for one in _COLUMNS if column(cells[cells["kind"] == one.kind], one.metric).notna().any()]
    lines: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in rows(cells):
        lines.setdefault((row["label"], row["panel"]), {})[row["kind"]] = row
    headings = (
        *(Heading(text, numeric=False) for text in ("estimator", "problem", "outcome")),
        Heading("parameters"),
        *(Heading(one.heading) for one in shown),
        Heading("seconds taken"),
    )
    return cut(
        _caption(results, {one.kind for one in shown}),
        headings,
        [_line(label, panel, kinds, shown) for (label, panel), kinds in lines.items()],
    )


def _caption(results: Results, kinds: Collection[str]) -> str:
    """What the table holds, and what its numbers stand for, as far as there are any."""
    stands = {
        "cost": f"costs: {results.scope}",
        "quality": "quality: 95 % interval over the draws",
        STEP: "steps: the same, the decrease as a share of the loss",
        TRAINING: "trainings: medians over seeds",
    }
    said = [words for kind, words in stands.items() if kind in kinds]
    return "Every estimator on every problem" + (f" ({'; '.join(said)})" if said else "")


def _line(label: str, panel: str, kinds: Mapping[str, Row], shown: list[_Column]) -> tuple[Entry, ...]:
    n, seconds = next(iter(kinds.values()))["n"], sum(row["seconds"] for row in kinds.values())
    numbers = (_number(kinds.get(one.kind), one) for one in shown)
    outcome = Entry(_outcome(kinds), flag=any(row["outcome"] not in ("ok", "skipped") for row in kinds.values()))
    return (Entry(label), Entry(panel), outcome, entry(whole(n), n), *numbers, entry(f"{seconds:.1f}", seconds))


def _number(row: Row | None, of: _Column) -> Entry:
    return Entry(NOTHING) if row is None else entry(of.say(row, of.metric), row[of.metric])


def _outcome(kinds: Mapping[str, Row]) -> str:
    """Outcome and marks; by kind of measurement where they differ."""
    said: dict[str, list[str]] = {}
    for kind, row in kinds.items():
        said.setdefault(became(row), []).append(kind)
    return next(iter(said)) if len(said) == 1 else "; ".join(f"{', '.join(of)}: {words}" for words, of in said.items())
