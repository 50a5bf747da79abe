"""From run folders to one table of cells: the only place where a report reads records.

A row is a planned cell: one estimator on one problem, one kind of measurement, repetitions in several processes pooled. What
was planned and has no record is a row too, with outcome `missing`. Numbers that are missing are NaN, never zero.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.records import CONTRACT, Cell, Record, RunFolder, latest
from reports import names
from reports.pooling import pooled
from reports.text import count, visible

_CONTEXT = ("device", "dtype", "threads", "seed")
_COLUMNS = (
    "estimator",
    "problem",
    "kind",
    "execution",
    "context",
    "name",
    "series",
    "label",
    "panel",
    "outcome",
    "reason",
    "marks",
    "planned",
    "processes",
    "n",
    "facts",
    "layers",
    "seconds",
)
_COMPARABLE = ("ruler", "estimators", "machine", "cpu", "gpu", "torch", "versions")  # provenance that pooled runs agree on


class _Key(NamedTuple):
    """What a row of the table is about."""

    estimator: str
    problem: str
    kind: str
    execution: str
    context: tuple[Any, ...]


@dataclass(frozen=True)
class Run:
    """One run folder as it was read.

    Attributes:
        name: the run's own name.
        header: the content of its `run.json`.
        damage: a note on every line of its records that could not be read.
    """

    name: str
    header: Mapping[str, Any]
    damage: tuple[str, ...]


@dataclass(frozen=True)
class Results:
    """Everything that a report shows.

    Attributes:
        runs: the runs, in the order named.
        cells: one row a cell, in the order of reports. Columns: `estimator` and `problem` (canonical specs), `name` (a
            `reports.names.Name`), `series` (its), `label` (both say the execution unless it is eager), `panel` (the problem and
            what sets it apart), `kind`, `execution`, `context` (run, empty where runs are pooled; device, dtype, threads, seed),
            `layers` (tensor -> metric -> `Metric`), `outcome`,
            `reason`, `marks` (a frozenset), `planned` and `processes` (how many repetitions were asked for and measured), `n`
            (number of parameters), `facts`, `seconds`; and for each metric M over all layers `M`, `M_low`, `M_high`, `M_count`.
    """

    runs: tuple[Run, ...]
    cells: pd.DataFrame

    def of(self, kind: str) -> pd.DataFrame:
        """The cells of one kind of measurement, with the metrics that any of them has."""
        cells = self.cells[self.cells["kind"] == kind]
        return cells[[name for name in cells if name in _COLUMNS or cells[name].notna().any()]]

    @property
    def single(self) -> bool:
        """Whether no cell was measured in more than one process."""
        measured = self.cells[self.cells["kind"] != CONTRACT]  # every shard checks the contracts of what it measures
        return bool((measured["processes"] <= 1).all())

    @property
    def scope(self) -> str:
        """What the intervals of costs stand for."""
        if self.single:
            return "95 % interval within this process"
        return "lowest and highest of the processes; where there is only one, the 95 % interval within this process"


def read(folders: Sequence[str | Path]) -> Results:
    """Read run folders.

    Args:
        folders: at least one; one that is named twice counts once.

    Returns:
        Their results. Runs that agree on code, machine and versions are pooled; of others, each panel names its run.

    Raises:
        FolderError: one of them is no run folder, or a newer gradgauge wrote it.
    """
    opened = [RunFolder.open(path) for path in dict.fromkeys(Path(folder).resolve() for folder in folders)]
    headers = [folder.header() for folder in opened]
    alike = len({_comparable(header) for header in headers}) == 1 and _same_files(headers)
    runs: list[Run] = []
    found: list[tuple[str, Cell, Record | None]] = []
    planned: dict[tuple[str, Cell], None] = {}
    for folder, header in zip(opened, headers, strict=True):
        records, damage = folder.records()
        runs.append(Run(visible(str(header.get("run", folder.path.name))), header, tuple(damage)))
        label = "" if alike else runs[-1].name
        found += [(label, record.cell, record) for record in latest(records)]
        planned |= {(label, cell): None for cell in folder.planned()}
    recorded = {(label, cell) for label, cell, _ in found}
    absent = [(label, cell, None) for label, cell in planned if (label, cell) not in recorded]
    return Results(tuple(runs), _table([*found, *absent]))


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table row by row, column name -> value; ten times as fast as pandas' own for wide tables of few rows."""
    columns = [str(name) for name in table]
    return [dict(zip(columns, values, strict=True)) for values in zip(*(table[name].tolist() for name in table), strict=True)]


def column(table: pd.DataFrame, name: str) -> pd.Series:
    """A column of numbers, all NaN where no cell has that metric."""
    if name in table:
        return pd.to_numeric(table[name])
    return pd.Series(float("nan"), index=table.index)


def _comparable(header: Mapping[str, Any]) -> str:
    provenance = header.get("provenance") or {}
    return json.dumps([header.get("protocol"), *(provenance.get(name) for name in _COMPARABLE)], sort_keys=True)


def _same_files(headers: Iterable[Mapping[str, Any]]) -> bool:
    """Whether no file of the user's own changed from one run to another."""
    files = {pair for header in headers for pair in ((header.get("provenance") or {}).get("files") or {}).items()}
    return len(files) == len({file for file, _ in files})


def _table(rows: Iterable[tuple[str, Cell, Record | None]]) -> pd.DataFrame:
    groups: dict[_Key, list[Record | None]] = {}
    for run, cell, record in rows:
        context = (run, *(getattr(cell, name) for name in _CONTEXT))
        groups.setdefault(_Key(cell.estimator, cell.problem, cell.kind, cell.execution, context), []).append(record)
    contexts = [key.context for key in groups if key.problem != CONTRACT]
    varying = [place for place in range(1 + len(_CONTEXT)) if len({context[place] for context in contexts}) > 1]
    labels = names.told_apart((key.estimator for key in groups), lambda spec: names.estimator(spec).text)
    titles = names.told_apart((key.problem for key in groups), names.problem)
    cells = [
        {
            "estimator": key.estimator,
            "problem": key.problem,
            "kind": key.kind,
            "execution": key.execution,
            "context": key.context,
            "name": (name := names.executed(names.estimator(key.estimator), key.execution)),
            "series": name.series,
            "label": names.with_execution(labels[key.estimator], key.execution),
            "panel": " · ".join([titles[key.problem], *(_said(place, key.context[place]) for place in varying)]),
            **pooled(records),
        }
        for key, records in groups.items()
    ]
    sizes = {cell["problem"]: cell["n"] for cell in cells if cell["n"] is not None}
    cells = [{**cell, "n": sizes.get(cell["problem"])} for cell in cells]
    cells.sort(key=lambda cell: (names.problem_rank(cell["problem"]), cell["panel"], cell["name"], cell["kind"]))
    table = pd.DataFrame(cells, columns=None if cells else list(_COLUMNS))
    return table.astype({"n": "float64"})


def _said(place: int, value: Any) -> str:
    name = ("run", *_CONTEXT)[place]
    if name == "threads":
        return count(value, "thread")
    return f"seed {value}" if name == "seed" else str(value)
