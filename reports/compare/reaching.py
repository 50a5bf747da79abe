"""When trainings reach what backprop reaches in BASE: two numbers that combine cells, and so are in no record.

The target of a training is the lowest loss of BASE's backprop with the same seed on the same problem, by the same rule and at the
same kind of learning rate, for both sides alike. `steps_to_target` is the step after which a loss is no higher; `time_to_target`
the seconds until then over those until backprop of the same side, process and seed is there. Both are None where a training that
has a target never reaches it, and absent where there is no target. Time to target over backprop's is T_f/T_b of Baydin et al.
2022 (arXiv 2202.08587), for a target that does not move with the code that is compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.rates import rate_of, without_rate
from benchmarks.records import TRAINING, Cell, Metric, Record
from reports.compare.sides import Side
from reports.targets import lowest, reached_at
from reports.trainings import method_of, own_rates

_BACKPROP = "backprop"


def with_targets(base: Side, new: Side) -> tuple[Side, Side]:
    """Both sides, their trainings with when they reach BASE's targets."""
    if not (base.curves and new.curves):
        return base, new
    targets = _Backprops.of(base)
    return _reaching(base, targets, targets), _reaching(new, targets, _Backprops.of(new))


@dataclass(frozen=True)
class _Backprops:
    """The trainings by backprop of one side.

    Attributes:
        side: where they are.
        own: see `reports.trainings.own_rates`.
        cells: (problem, rule without its rate, steps, seed) -> those trained by backprop.
    """

    side: Side
    own: frozenset[Any]
    cells: dict[tuple[Any, ...], list[Cell]]

    @classmethod
    def of(cls, side: Side) -> "_Backprops":
        cells: dict[tuple[Any, ...], list[Cell]] = {}
        for cell in side.curves:
            if cell.kind == TRAINING and cell.estimator == _BACKPROP:
                cells.setdefault(_race(cell), []).append(cell)
        return cls(side, frozenset(own_rates(side.header, side.records.values())), cells)

    def beside(self, cell: Cell, *, own: bool, process: int | None = None) -> Cell | None:
        """That which a training is compared with: at its own rate where the training is at its own, else at the common one.

        Args:
            cell: of the training.
            own: whether it is at its own learning rate.
            process: where it must have run; None for any, since a loss follows from the seed.
        """
        found = [one for one in self.cells.get(_race(cell), ()) if process is None or one.process == process]
        same = [one for one in found if rate_of(one.rule) == rate_of(cell.rule)]
        alike = [one for one in found if (method_of(one) in self.own) is own] or same
        rates = {one.rule for one in alike}
        chosen = alike if len(rates) == 1 else [one for one in alike if one in same]
        return min(chosen, key=lambda one: one.process, default=None)


def _race(cell: Cell) -> tuple[Any, ...]:
    return cell.problem, without_rate(cell.rule), cell.steps, cell.seed


def _reaching(side: Side, targets: _Backprops, rivals: _Backprops) -> Side:
    """A side with the two numbers in its records of trainings."""
    records = {cell: _timed(side, record, targets, rivals) for cell, record in side.records.items()}
    return replace(side, records=records)


def _timed(side: Side, record: Record, targets: _Backprops, rivals: _Backprops) -> Record:
    cell = record.cell
    if cell.kind != TRAINING or cell not in side.curves:
        return record
    own = method_of(cell) in rivals.own
    reference = targets.beside(cell, own=own)
    target = None if reference is None else lowest(targets.side.curves[reference])
    if reference is None or target is None or not reached_at(targets.side.curves[reference], target, "step"):
        return record
    found = [Metric("steps_to_target", reached_at(side.curves[cell], target, "step"), "steps")]
    rival = rivals.beside(cell, own=own, process=cell.process)
    if rival is not None and cell.estimator != _BACKPROP:
        found += _over(side, cell, rival, target)
    return replace(record, metrics=(*record.metrics, *found))


def _over(side: Side, cell: Cell, rival: Cell, target: float) -> Iterable[Metric]:
    """Time to target over backprop's; nothing where that is not there."""
    time, limit = (reached_at(side.curves[one], target, "seconds") for one in (cell, rival))
    return [Metric("time_to_target", None if time is None else time / limit, "x")] if limit else []
