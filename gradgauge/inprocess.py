"""Measuring in the process of whoever asks, for notebooks: the same measurements as in workers, of specs or of objects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from benchmarks.cell import Effort, measure_objects
from benchmarks.contract.check import check_estimator
from benchmarks.contract.models import MODELS, OnModel, check_on
from benchmarks.contract.result import ClauseResult
from benchmarks.problems.problem import Problem, build_problem, problem_of
from benchmarks.records import CONTRACT, Cell, Record
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
        UsageError: an unknown device.
    """
    subject, target = _estimator(estimator), _problem(problem, request)
    effort = Effort(request.goal, request.patience, request.drawn)
    records: list[Record] = []
    with _threads(request.threads):
        for kind in sorted(set(request.measures), key=lambda kind: (kind != CONTRACT, kind)):
            record = measure_objects(_cell(estimator, target, kind, request), subject, target, effort)
            contract = records[0] if records and records[0].cell.kind == CONTRACT else None
            records.append(judged(record, contract, cores=float(request.threads)))
    return records


def clauses(estimator: str | Estimator, seed: int) -> list[ClauseResult]:
    """Hold an estimator to its contract.

    Raises:
        SpecError: an unknown name or parameter, or a value of the wrong kind. What a user's file raises comes through.
    """
    return check_estimator(_estimator(estimator), seed=seed)


def on_models(estimator: str | Estimator, seed: int) -> list[OnModel]:
    """Hold an estimator to its contract on four kinds of model.

    Raises:
        SpecError: an unknown name or parameter, or a value of the wrong kind. What a user's file raises comes through.
    """
    built = _estimator(estimator)
    return [check_on(built, model, seed=seed) for model in MODELS]


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


def _cell(estimator: str | Estimator, problem: Problem, kind: str, request: Request) -> Cell:
    return Cell(
        estimator=ESTIMATORS.canonical(estimator) if isinstance(estimator, str) else repr(estimator),
        problem=CONTRACT if kind == CONTRACT else problem.spec,
        kind=kind,
        device=problem.device.type,
        dtype=str(problem.dtype).removeprefix("torch."),
        threads=request.threads,
        seed=request.seed,
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
