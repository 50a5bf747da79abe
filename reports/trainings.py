"""What a table of cells says of trainings beside what it says of all: rule, learning rate, steps, and the curves by seed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from benchmarks.rates import rate_of, without_rate
from benchmarks.records import OVER_SEEDS, TRAINING, Cell, FolderError, Record, RunFolder
from reports.targets import Curve

COLUMNS = ("rule", "lr", "steps", "rate_is_own", "curves", "seeds_diverged")
"""What `columns` gives."""

NONE: Mapping[str, Any] = {"rule": "", "lr": None, "steps": 0, "rate_is_own": False, "curves": {}, "seeds_diverged": frozenset()}
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
    return {method_of(record.cell) for record in records if record.cell.kind == TRAINING}


def columns(cells: Iterable[tuple[Cell, Record | None, Curve | None]], own: Collection[tuple[Any, ...]]) -> dict[str, Any]:
    """The columns of one method on one problem; of a perturbation, which has no rule, its curves alone.

    Args:
        cells: its repetitions, which differ in seed and process alone, each with its record and its curve; of several processes
            of one seed, whose curves differ in seconds alone, the first is shown.
        own: see `own_rates`.
    """
    repetitions = list(cells)
    cell = repetitions[0][0]
    curves: dict[int, Curve] = {}
    for one, _, curve in repetitions:
        if curve is not None:
            curves.setdefault(one.seed, curve)
    gone = {one.seed for one, record, _ in repetitions if record is not None and "diverged" in record.marks}
    return {
        "rule": cell.rule,
        "lr": rate_of(cell.rule) if cell.rule else None,
        "steps": cell.steps,
        "rate_is_own": bool(cell.rule) and method_of(cell) in own,
        "curves": curves,
        "seeds_diverged": frozenset(gone & curves.keys()),
    }


def method_of(cell: Cell) -> tuple[Any, ...]:
    """What `own_rates` lists: (estimator, problem, rule without its rate, rate) of a training."""
    return cell.estimator, cell.problem, without_rate(cell.rule), rate_of(cell.rule)
