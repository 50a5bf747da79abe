"""Measuring in the process of whoever asks, for notebooks: the same measurements as in workers, of specs or of objects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from benchmarks import compiling
from benchmarks.cell import Effort, measure_objects
from benchmarks.contract.check import check_estimator
from benchmarks.contract.models import MODELS, OnModel, check_on
from benchmarks.contract.result import ClauseResult
from benchmarks.problems.problem import Problem, build_problem, problem_of
from benchmarks.records import CONTRACT, CUDA_GRAPH, EAGER, TRAINING, Cell, Record
from benchmarks.request import Request, UsageError
from benchmarks.verdicts import judged
from estimators.estimator import Estimator
from estimators.registry import ESTIMATORS

DEVICES = ("cpu", "cuda")
"""What can be asked for in process; `gradgauge.run` chooses among several GPUs."""


def measured(estimator: str | Estimator, problem: str | Problem | tuple[Any, Any, Any], request: Request) -> list[Record]:
    """Measure one estimator on one problem, kind by kind, the contract first.

    Args:
        estimator: a spec or an object.
        problem: a spec, a problem, or (module, loss, batch).
        request: which kinds, how precisely, on what; its suite is not looked at.

    Raises:
        SpecError: an unknown name or parameter, or a value of the wrong kind.
        UsageError: an unknown device, or a kind that is not measured in process.
    """
    if TRAINING in request.measures:
        raise UsageError(
            "training is measured in processes of its own: gradgauge.run('training', estimators=[...], problems=[...])"
        )
    subject, target = _estimator(estimator), _problem(problem, request)
    effort = Effort(request.goal, request.patience, request.drawn)
    records: list[Record] = []
    with _threads(request.threads):
        for cell in _cells(estimator, target, request):
            record = measure_objects(cell, subject, target, effort)
            contract = records[0] if records and records[0].cell.kind == CONTRACT else None
            records.append(judged(record, contract, cores=float(request.threads)))
    return records


def clauses(estimator: str | Estimator, seed: int, execution: str = EAGER) -> list[ClauseResult]:
    """Hold an estimator to its contract.

    Args:
        estimator: a spec or an object.
        seed: of the generators handed to it.
        execution: a key of `benchmarks.records.EXECUTIONS`.

    Raises:
        SpecError: an unknown name or parameter, or a value of the wrong kind. What a user's file raises comes through.
    """
    with _subject(estimator, execution) as subject:
        return check_estimator(subject, seed=seed)


def on_models(estimator: str | Estimator, seed: int, execution: str = EAGER) -> list[OnModel]:
    """Hold an estimator to its contract on four kinds of model.

    Args:
        estimator: a spec or an object.
        seed: of the generators handed to it.
        execution: a key of `benchmarks.records.EXECUTIONS`.

    Raises:
        SpecError: an unknown name or parameter, or a value of the wrong kind. What a user's file raises comes through.
    """
    with _subject(estimator, execution) as subject:
        return [check_on(subject, model, seed=seed) for model in MODELS]


@contextmanager
def _subject(estimator: str | Estimator, execution: str) -> Iterator[Estimator]:
    """An estimator in one execution; what is compiled meanwhile is not kept."""
    built = _estimator(estimator)
    if execution == EAGER:
        yield built
        return
    if execution == CUDA_GRAPH:
        raise UsageError(
            f"execution {CUDA_GRAPH}: the contract is checked on the CPU, which has no CUDA graphs: eager or compile"
        )
    with compiling.kept_apart(execution):
        yield compiling.executed(built, execution)


def _estimator(estimator: str | Estimator) -> Estimator:
    built = ESTIMATORS.build(estimator) if isinstance(estimator, str) else estimator
    if not isinstance(built, Estimator):
        raise UsageError(f"expected a spec or an estimators.Estimator, got {estimator!r} ({type(built).__name__})")
    return built


def _problem(problem: str | Problem | tuple[Any, Any, Any], request: Request) -> Problem:
    if request.device not in DEVICES:
        raise UsageError(f"device must be one of {', '.join(DEVICES)} in process, got {request.device!r}")
    if isinstance(problem, Problem):
        return problem
    if isinstance(problem, str):
        return build_problem(problem, device=request.device, dtype=request.dtype, seed=request.seed)
    return problem_of(problem, device=request.device, dtype=request.dtype, seed=request.seed)


def _cells(estimator: str | Estimator, problem: Problem, request: Request) -> list[Cell]:
    """What is measured, the contract first; in each execution what depends on it."""
    kinds = sorted(set(request.measures), key=lambda kind: (kind != CONTRACT, kind))
    return [_cell(estimator, problem, kind, execution, request) for kind in kinds for execution in request.executed(kind)]


def _cell(estimator: str | Estimator, problem: Problem, kind: str, execution: str, request: Request) -> Cell:
    return Cell(
        estimator=ESTIMATORS.canonical(estimator) if isinstance(estimator, str) else repr(estimator),
        problem=CONTRACT if kind == CONTRACT else problem.spec,
        kind=kind,
        device=problem.device.type,
        dtype=str(problem.dtype).removeprefix("torch."),
        threads=request.threads,
        seed=request.seed,
        execution=execution,
    )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch use so many threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
