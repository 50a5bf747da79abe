"""The two sides of a comparison: their cells side by side, and those that have no counterpart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.records import CONTRACT, EAGER, EXECUTED, TRAINING, Cell, FolderError, Record, RunFolder, latest
from reports import trainings
from reports.parts import joint_name, name_of
from reports.targets import Curve
from reports.text import visible

CONTEXT = ("device", "dtype", "threads", "execution", "rule", "steps", "seed")
"""What a cell says beside estimator, problem and kind. Where either run holds several values, cells must agree on it; where
each holds one, a difference is one of the runs and named as such. Trainings with
several seeds are one cell, as are several processes."""

Key = tuple[Any, ...]
"""Estimator, problem, kind, and those values of the context that cells must agree on."""


@dataclass(frozen=True)
class Side:
    """One run, of one folder or of several that are its parts.

    Attributes:
        paths: of the folders.
        run: the run's own name, with every character visible.
        header: the content of its `run.json`; of several parts the first one's.
        cells: what was planned or measured, contracts left out.
        records: cell -> its last record.
        damage: a note on every line or curve that could not be read.
        curves: cell -> its curve, of trainings.
    """

    paths: tuple[Path, ...]
    run: str
    header: Mapping[str, Any]
    cells: tuple[Cell, ...]
    records: Mapping[Cell, Record]
    damage: tuple[str, ...]
    curves: Mapping[Cell, Curve] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Of the first folder."""
        return self.paths[0]

    def values(self, name: str) -> list[Any]:
        """The values of one field of the context, in the order in which they appear.

        Quality is always measured eagerly, so its execution says nothing about a run.
        """
        cells = (cell for cell in self.cells if name != "execution" or cell.kind in EXECUTED)
        return list(dict.fromkeys(getattr(cell, name) for cell in cells))


@dataclass(frozen=True)
class Pair:
    """One cell on both sides.

    Attributes:
        estimator: canonical spec.
        problem: canonical spec.
        kind: of measurement.
        base: process -> its record, in BASE; those without a number are left out. Of a training, which has several seeds in each
            process, just a number of its own -> record.
        new: the same in NEW.
        execution: of NEW, which is BASE's wherever either folder holds several.
        rule: the same of a training's update rule; empty for all else.
    """

    estimator: str
    problem: str
    kind: str
    base: Mapping[int, Record]
    new: Mapping[int, Record]
    execution: str = EAGER
    rule: str = ""


@dataclass(frozen=True)
class Unmatched:
    """A cell that cannot be compared.

    Attributes:
        estimator: canonical spec.
        problem: canonical spec.
        kind: of measurement.
        reason: why: only one side has it, or what became of it on the other.
        lost: whether BASE measured it and NEW, which holds it too, has no number.
        execution: of the side that has it.
        rule: the same of a training's update rule.
    """

    estimator: str
    problem: str
    kind: str
    reason: str
    lost: bool = False
    execution: str = EAGER
    rule: str = ""


def read(base: str | Path, new: str | Path) -> tuple[Side, Side]:
    """Read both folders.

    Raises:
        FolderError: one of them is no run folder or too new, or both are the same.
    """
    if Path(base).resolve() == Path(new).resolve():
        raise FolderError(f"BASE and NEW are the same folder, {Path(base).resolve()}: a comparison needs two runs")
    return side_of((base,)), side_of((new,))


def side_of(folders: Sequence[str | Path]) -> Side:
    """One side of a comparison, from the folders that are parts of one run.

    Cells that several parts have are repetitions: those of later parts count as further processes.

    Raises:
        FolderError: one of them is no run folder, or is too new.
    """
    first, *others = (_part(Path(folder)) for folder in folders)
    if not others:
        return first
    name = joint_name([first.run, *(other.run for other in others)])
    for other in others:
        first = _joined(first, other)
    return replace(first, run=name)


def matched(base: Side, new: Side) -> tuple[list[Pair], list[Unmatched]]:
    """The cells that both sides measured, in the order of BASE, and those that they did not."""
    agreed = [name for name in CONTEXT if max(len(base.values(name)), len(new.values(name))) > 1]
    groups = [_grouped(side.cells, agreed) for side in (base, new)]
    pairs, unmatched = [], []
    for key in dict.fromkeys((*groups[0], *groups[1])):
        estimator, problem, kind, *_ = key
        cells = [group.get(key, []) for group in groups]
        measured = [_measured(side, of) for side, of in zip((base, new), cells, strict=True)]
        one = (cells[1] or cells[0])[0]
        if all(measured):
            pairs.append(Pair(estimator, problem, kind, measured[0], measured[1], one.execution, one.rule))
        else:
            lost = bool(measured[0] and cells[1])
            unmatched.append(Unmatched(estimator, problem, kind, _why(base, new, cells), lost, one.execution, one.rule))
    return pairs, unmatched


def in_turns(base: Mapping[int, Record], new: Mapping[int, Record]) -> bool:
    """Whether two sides were measured process by process in turns, so that equal numbers make pairs.

    That is: process i of both had started before process i + 1 of either did.
    """
    rounds = [sorted((base[process].started, new[process].started)) for process in sorted(base.keys() & new.keys())]
    return len(rounds) > 1 and all(before[1] < after[0] for before, after in pairwise(rounds))


def _part(path: Path) -> Side:
    folder = RunFolder.open(path)
    header = folder.header()
    found, damage = folder.records()
    records = {record.cell: record for record in latest(found)}
    cells = dict.fromkeys((*folder.planned(), *records))
    kept = tuple(cell for cell in cells if cell.kind != CONTRACT)
    curves, unread = trainings.curves_of(folder, records.values())
    return Side((path,), name_of(header, path.name), header, kept, records, (*damage, *map(visible, unread)), curves)


def _joined(first: Side, other: Side) -> Side:
    """Both as one, without the option that tells shards apart."""
    repeated = not set(first.cells).isdisjoint(other.cells)
    shift = 1 + max(cell.process for cell in first.cells) if repeated else 0
    moved = {cell: replace(cell, process=cell.process + shift) for cell in other.cells}
    records = {moved[cell]: replace(record, cell=moved[cell]) for cell, record in other.records.items() if cell in moved}
    options = {name: value for name, value in (first.header.get("options") or {}).items() if name != "shard"}
    return Side(
        (*first.paths, *other.paths),
        first.run,
        {**first.header, "options": options},
        (*first.cells, *moved.values()),
        {**first.records, **records},
        (*first.damage, *other.damage),
        {**first.curves, **{moved[cell]: curve for cell, curve in other.curves.items() if cell in moved}},
    )


def _grouped(cells: Iterable[Cell], agreed: list[str]) -> dict[Key, list[Cell]]:
    groups: dict[Key, list[Cell]] = {}
    for cell in cells:
        names = [name for name in agreed if name != "seed" or cell.kind != TRAINING]
        key = (cell.estimator, cell.problem, cell.kind, *(getattr(cell, name) for name in names))
        groups.setdefault(key, []).append(cell)
    return groups


def _measured(side: Side, cells: Iterable[Cell]) -> dict[int, Record]:
    """The records of one cell that have a number; see `Pair`."""
    found = sorted((cell for cell in cells if cell in side.records), key=lambda cell: (cell.process, cell.seed))
    seeds = any(cell.kind == TRAINING for cell in found)
    records = {number if seeds else cell.process: side.records[cell] for number, cell in enumerate(found)}
    return {number: record for number, record in records.items() if record.metrics}


def _why(base: Side, new: Side, cells: list[list[Cell]]) -> str:
    """The first thing that is wrong with a cell, BASE before NEW."""
    for side, of, name, other in ((base, cells[0], "BASE", "NEW"), (new, cells[1], "NEW", "BASE")):
        if not of:
            return f"only in {other}"
        if not _measured(side, of):
            record = next((side.records[cell] for cell in of if cell in side.records), None)
            return f"missing in {name}" if record is None else f"{record.outcome.value} in {name}: {visible(record.reason)}"
    raise AssertionError("both sides measured it")
