"""One cell, from its specs to its record: whatever happens on the way becomes an outcome with a reason.

Used alike by workers, by asv's trackers and by `gradgauge.measure`. Catches everything but an interruption: what a user's file
raises is a result. What cannot be caught here (a hang, a killed process, memory that runs out) the driver turns into a record.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from benchmarks.harness import declared, kernels
from benchmarks.harness.settings import Settings, derived_seed
from benchmarks.outcomes import check_estimate, frames_of, outcome_of, reason_of
from benchmarks.problems.problem import Problem, build_problem
from benchmarks.records import CONTRACT, EAGER, ENERGY, PERTURBATION, STEP, TRAINING, Cell, Measurement, Outcome, Record
from estimators.estimator import Declaration, Estimator
from estimators.objective import MissingCapability
from estimators.registry import ESTIMATORS

REFERENCES = ("backprop", "checkpointed-backprop")
"""What a cost is compared with, in the same rounds."""

_MEASURERS = {
    "cost": "benchmarks.harness.multiple",
    "memory": "benchmarks.harness.memory",
    "quality": "benchmarks.harness.quality",
    ENERGY: "benchmarks.harness.energy",
    STEP: "benchmarks.harness.step",
    PERTURBATION: "benchmarks.harness.perturbation",
}


@dataclass(frozen=True)
class Effort:
    """How hard to try; see `benchmarks.harness.settings.Settings`.

    Attributes:
        precision: half-width of the 95 % interval of a multiple to reach, relative to it.
        budget: seconds for the adaptive part.
        draws: estimates for quality and steps, or None for as many as needed.
        data_folder: where prepared data lie, or None.
        references: estimators that are timed in the same rounds as a cost.
        pause: between two rounds of a cost, see `benchmarks.harness.rounds.Pause`.
    """

    precision: float = 0.02
    budget: float = 10.0
    draws: int | None = None
    data_folder: Path | None = None
    references: Sequence[str] = REFERENCES
    pause: Callable[[], bool] = lambda: False


def measure_cell(cell: Cell, effort: Effort = Effort(), spec: str | None = None) -> Record:
    """Build what the cell names, measure it, and say what became of it.

    Args:
        cell: its device may be a GPU UUID if that GPU is the only one this process sees.
        effort: how hard to try.
        spec: what this process's version of `estimators` calls the cell's estimator; None for the cell's own word.

    Returns:
        A record; no exception but KeyboardInterrupt comes out.
    """
    return _recorded(cell, lambda: _built_and_measured(cell, effort, spec or cell.estimator))


def measure_objects(cell: Cell, estimator: Estimator, problem: Problem, effort: Effort = Effort()) -> Record:
    """The same for objects that exist already; the cell is only what the record says they are."""

    def work() -> Measurement:
        if cell.kind != CONTRACT:
            check_estimate(copy(estimator), problem)  # as in a worker: what is NaN or misshapen has no cost to speak of
        return _measured(cell, estimator, problem, effort)

    return _recorded(cell, work)


def _recorded(cell: Cell, work: Callable[[], Measurement]) -> Record:
    started, start = datetime.now(UTC).isoformat(timespec="milliseconds"), time.perf_counter()
    try:
        measurement = work()
        outcome, reason = _verdict(cell, measurement)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        outcome, reason = outcome_of(error), reason_of(error)
        measurement = Measurement((), facts={"traceback": frames_of(error)})
    return Record(
        cell=cell,
        outcome=outcome,
        reason=reason,
        marks=measurement.marks,
        metrics=measurement.metrics,
        samples=measurement.samples,
        facts=measurement.facts,
        series=measurement.series,
        started=started,
        seconds=time.perf_counter() - start,
    )


def _built_and_measured(cell: Cell, effort: Effort, spec: str) -> Measurement:
    estimator = ESTIMATORS.build(spec)
    if not isinstance(estimator, Estimator):
        raise TypeError(f"{cell.estimator} is no estimator: expected an estimators.Estimator, got {type(estimator).__name__}")
    if cell.kind == CONTRACT:
        from benchmarks.contract.measurement import measure_or_recall  # asv's trackers do without

        return measure_or_recall(estimator, spec, seed=cell.seed, device=_place(cell), dtype=cell.dtype)
    if cell.kind == TRAINING:
        return _trained(cell, estimator, spec, effort)
    problem = build_problem(cell.problem, device=_place(cell), dtype=cell.dtype, seed=cell.seed, data_folder=effort.data_folder)
    check_estimate(ESTIMATORS.build(spec), problem)  # another instance: what it caches must not warm this one
    return _measured(cell, estimator, problem, effort)


def _trained(cell: Cell, estimator: Estimator, spec: str, effort: Effort) -> Measurement:
    """Train with the rule that the cell names."""
    from benchmarks.harness import training  # what only trainings need
    from benchmarks.problems.task import build_task

    task = build_task(cell.problem, device=_place(cell), dtype=cell.dtype, seed=cell.seed, data_folder=effort.data_folder)
    check_estimate(ESTIMATORS.build(spec), task.problem)
    declaration = _real(estimator, task.problem)
    measurement = training.measure(task, estimator, cell.rule, cell.steps, Settings(seed=_own_seed(cell)))
    said = {"n": task.problem.objective.coordinates(), "declared": declared.as_json(declaration)}
    return replace(measurement, facts={**said, **measurement.facts})


def _measured(cell: Cell, estimator: Estimator, problem: Problem, effort: Effort) -> Measurement:
    """Measure an estimator in the execution that the cell names."""
    if cell.execution == EAGER:
        return _executed(cell, estimator, problem, effort)
    from benchmarks import compiling  # what only such cells need

    name = cell.execution
    with compiling.kept_apart(name):
        execution = compiling.executed(estimator, name, problem.objective if cell.kind == "memory" else None)
        measurement = _executed(cell, execution, problem, effort, {EAGER: estimator})
        prepared = compiling.held_to_eager(execution, estimator, problem, cell.seed, name)  # last: the caches are warm now
    return replace(measurement, facts={**measurement.facts, "prepared": prepared})


def _executed(
    cell: Cell, estimator: Estimator, problem: Problem, effort: Effort, beside: Mapping[str, Estimator] = MappingProxyType({})
) -> Measurement:
    """Measure an estimator as it is; `beside` are further references of a cost."""
    if cell.kind == CONTRACT:
        from benchmarks.contract.measurement import measure

        return measure(estimator, seed=cell.seed, device=_place(cell))
    declaration = declared.declaration_of(estimator, problem.objective) if cell.kind == "quality" else _real(estimator, problem)
    settings = Settings(
        seed=_own_seed(cell),
        precision=effort.precision,
        budget_s=effort.budget,
        draws=effort.draws,
        references={**{name: ESTIMATORS.build(name) for name in effort.references}, **beside},
        pause=effort.pause,
    )
    measurement: Measurement = import_module(_MEASURERS[cell.kind]).measure(problem, estimator, settings)
    size = {"n": problem.objective.coordinates(), "resident_bytes": problem.resident_bytes}
    said = {"data": problem.data, "declared": declared.as_json(declaration)}
    ran = kernels.observe(problem, estimator, settings.seed)
    return replace(measurement, facts={**size, **said, **measurement.facts, **ran})


def _real(estimator: Estimator, problem: Problem) -> Declaration:
    """What an estimator declares whose derivatives are its own."""
    declaration = declared.declaration_of(estimator, problem.objective)
    if declaration.simulated:
        raise MissingCapability(
            "a derivative of its own", "simulated ones come from the known gradient; their cost is no method's"
        )
    return declaration


def _own_seed(cell: Cell) -> int:
    """Draws of two cells must not be the same."""
    return derived_seed(cell.seed, f"{cell.estimator} {cell.problem}")


def _place(cell: Cell) -> str:
    return "cpu" if cell.device == "cpu" else "cuda"


def _verdict(cell: Cell, measurement: Measurement) -> tuple[Outcome, str]:
    broken = [clause for clause in measurement.facts.get("clauses", ()) if clause["verdict"] == "failed"]
    if cell.kind != CONTRACT or not broken:
        return Outcome.OK, ""
    more = f" (and {len(broken) - 1} more clauses)" if len(broken) > 1 else ""
    first: Mapping[str, str] = broken[0]
    return Outcome.WRONG, f"{first['clause']}: expected {first['expected']}, observed {first['observed']}{more}"
