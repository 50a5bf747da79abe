"""From run folders to one table of cells: the only place where a report reads records.

A row is a planned cell: one estimator on one problem, one kind of measurement, repetitions in several processes pooled. What
was planned and has no record is a row too, with outcome `missing`. Numbers that are missing are NaN, never zero.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.records import CONTRACT, OVER_SEEDS, Cell, Record, RunFolder, latest
from reports import names, trainings
from reports.parts import joint_name, name_of, parts
from reports.pooling import pooled
from reports.targets import Curve
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
    *trainings.COLUMNS,
)


_ANY = "any"  # in place of the seed of what is repeated with several

_Found = tuple[str, Cell, Record | None, Curve | None]  # name of the run (empty where runs are pooled), cell, what is there of it


class _Key(NamedTuple):
    """What a row of the table is about."""

    estimator: str
    problem: str
    kind: str
    execution: str
    context: tuple[Any, ...]
    rule: str
    steps: int


@dataclass(frozen=True)
class Run:
    """One run folder as it was read.

    Attributes:
        name: the run's own name.
        header: the content of its `run.json`.
        damage: a note on every line of its records that could not be read.
        label: what its panels are named by; empty where all runs are parts of one.
    """

    name: str
    header: Mapping[str, Any]
    damage: tuple[str, ...]
    label: str = ""


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
            (number of parameters), `facts`, `seconds`; of a training, or of a perturbation without a rule, whose repetitions are
            its seeds, `rule` (canonical spec), `lr` (None where that names none), `steps`, `rate_is_own` (whether tuned),
            `curves` (seed -> columns) and `seeds_diverged` (of these); and for each metric M over all layers `M`, `M_low`,
            `M_high`, `M_count`.
    """

    runs: tuple[Run, ...]
    cells: pd.DataFrame

    def of(self, kind: str) -> pd.DataFrame:
        """The cells of one kind of measurement, with the metrics that any of them has."""
        cells = self.cells[self.cells["kind"] == kind]
        shown = cells[[name for name in cells if name in _COLUMNS or cells[name].notna().any()]]
        return shown.copy()  # in one piece: figures add columns

    @property
    def single(self) -> bool:
        """Whether no cell was measured in more than one process."""
        measured = self.cells[~self.cells["kind"].isin((CONTRACT, *OVER_SEEDS))]  # shards repeat contracts, seeds trainings
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
        Their results. Runs that agree on code, machine and versions are parts of one and pooled; where not all are parts of one,
        each panel names its run.

    Raises:
        FolderError: one of them is no run folder, or a newer gradgauge wrote it.
    """
    opened = [RunFolder.open(path) for path in dict.fromkeys(Path(folder).resolve() for folder in folders)]
    headers = [folder.header() for folder in opened]
    labels = _labels(opened, headers)
    runs: list[Run] = []
    found: list[_Found] = []
    planned: dict[tuple[str, Cell], None] = {}
    own: set[tuple[Any, ...]] = set()
    for folder, header, label in zip(opened, headers, labels, strict=True):
        records, damage = folder.records()
        last = latest(records)
        curves, unread = trainings.curves_of(folder, last)
        runs.append(Run(name_of(header, folder.path.name), header, (*damage, *map(visible, unread)), label))
        own |= trainings.own_rates(header, last)
        found += [(label, record.cell, record, curves.get(record.cell)) for record in last]
        planned |= {(label, cell): None for cell in folder.planned()}
    recorded = {(label, cell) for label, cell, *_ in found}
    absent: list[_Found] = [(label, cell, None, None) for label, cell in planned if (label, cell) not in recorded]
    return Results(tuple(runs), _table([*found, *absent], own))


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table row by row, column name -> value; ten times as fast as pandas' own for wide tables of few rows."""
    columns = [str(name) for name in table]
    return [dict(zip(columns, values, strict=True)) for values in zip(*(table[name].tolist() for name in table), strict=True)]


def column(table: pd.DataFrame, name: str) -> pd.Series:
    """A column of numbers, all NaN where no cell has that metric."""
    if name in table:
        return pd.to_numeric(table[name])
    return pd.Series(float("nan"), index=table.index)


def _labels(folders: Sequence[RunFolder], headers: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the panels of each folder are named by: the run it is a part of, or nothing where all are parts of one."""
    groups = parts(headers)
    if len(groups) < 2:
        return [""] * len(folders)
    names = [name_of(header, folder.path.name) for folder, header in zip(folders, headers, strict=True)]
    joint = {place: joint_name([names[other] for other in group]) for group in groups for place in group}
    return [joint[place] for place in range(len(folders))]


def _table(found: Iterable[_Found], own: Collection[tuple[Any, ...]]) -> pd.DataFrame:
    groups: dict[_Key, list[_Found]] = {}
    for one in found:
        groups.setdefault(_key(*one[:2]), []).append(one)
    contexts = [key.context for key in groups if key.problem != CONTRACT]
    varying = [place for place in range(1 + len(_CONTEXT)) if len({context[place] for context in contexts} - {_ANY}) > 1]
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
            "label": names.trained(names.with_execution(labels[key.estimator], key.execution), key.rule),
            "panel": " · ".join(
                [titles[key.problem], *(_said(place, key.context[place]) for place in varying if key.context[place] != _ANY)]
            ),
            **pooled([record for _, _, record, _ in of]),
            **(trainings.columns((one[1:] for one in of), own) if key.kind in OVER_SEEDS else trainings.NONE),
        }
        for key, of in groups.items()
    ]
    sizes = {cell["problem"]: cell["n"] for cell in cells if cell["n"] is not None}
    cells = [{**cell, "n": sizes.get(cell["problem"])} for cell in cells]
    cells.sort(key=lambda cell: (names.problem_rank(cell["problem"]), cell["panel"], cell["name"], cell["kind"], cell["rule"]))
    table = pd.DataFrame(cells, columns=None if cells else list(_COLUMNS))
    return table.astype({"n": "float64"})


def _key(run: str, cell: Cell) -> _Key:
    """What a cell is about: trainings of several seeds are one, as processes are."""
    context = {name: getattr(cell, name) for name in _CONTEXT} | ({"seed": _ANY} if cell.kind in OVER_SEEDS else {})
    return _Key(cell.estimator, cell.problem, cell.kind, cell.execution, (run, *context.values()), cell.rule, cell.steps)


def _said(place: int, value: Any) -> str:
    name = ("run", *_CONTEXT)[place]
    if name == "threads":
        return count(value, "thread")
    return f"seed {value}" if name == "seed" else str(value)
