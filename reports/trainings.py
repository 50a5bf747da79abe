"""What a table of cells says of trainings beside what it says of all: rule, learning rate, steps, and the curves by seed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from benchmarks.rates import rate_of, without_rate
from benchmarks.records import OVER_SEEDS, TRAINING, Cell, FolderError, Record, RunFolder
from reports.targets import Curve

COLUMNS = ("rule", "lr", "steps", "rate_is_own", "curves")
"""What `columns` gives."""

NONE: Mapping[str, Any] = {"rule": "", "lr": None, "steps": 0, "rate_is_own": False, "curves": {}}
"""Of a cell that is not repeated over seeds."""


def curves_of(folder: RunFolder, records: Iterable[Record]) -> tuple[dict[Cell, Curve], list[str]]:
    """The curves of a run, and a note on every one that could not be read."""
    curves: dict[Cell, Curve] = {}
    damage = []
    for record in records:
        if record.cell.kind not in OVER_SEEDS:
            continue
        try:
            found = folder.curve(record.cell)
        except FolderError as error:
            damage.append(f"{error}, left out")
        else:
            curves |= {record.cell: found} if found else {}
    return curves, damage


def own_rates(header: Mapping[str, Any], records: Iterable[Record]) -> set[tuple[Any, ...]]:
    """(estimator, problem, rule without its rate, rate) of every method with a learning rate of its own: of a search, all."""
    options = header.get("options") or {}
    if options.get("common_rate", True):
        return {tuple(one) for one in options.get("learning_rates") or ()}
    return {_of(record.cell) for record in records if record.cell.kind == TRAINING}


def columns(cells: Iterable[tuple[Cell, Curve | None]], own: Collection[tuple[Any, ...]]) -> dict[str, Any]:
    """The columns of one method on one problem.

    Args:
        cells: its repetitions, which differ in seed and process alone, each with its curve; of several processes of one seed,
            whose curves differ in seconds alone, the first is shown.
        own: see `own_rates`.
    """
    repetitions = list(cells)
    cell = repetitions[0][0]
    lr = rate_of(cell.rule) if cell.rule else None
    curves: dict[int, Curve] = {}
    for one, curve in repetitions:
        if curve is not None:
            curves.setdefault(one.seed, curve)
    return {"rule": cell.rule, "lr": lr, "steps": cell.steps, "rate_is_own": bool(cell.rule) and _of(cell) in own, "curves": curves}


def _of(cell: Cell) -> tuple[Any, ...]:
    return cell.estimator, cell.problem, without_rate(cell.rule), rate_of(cell.rule)
