"""What a cell does that is not eager beside what every cell does: it starts cold, and its estimates are held to the eager ones.

The base stays eager, and so do backprop and checkpointed backprop, which a cost is compared with. Preparation is timed as of any
estimator; for that to be the time of compiling, no cache of an earlier cell or run may be met. A CUDA graph is captured in
milliseconds, and there is no cache to it.
"""

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from benchmarks.contract.comparing import differentiates, tolerance
from benchmarks.executors import SCRATCH
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.outcomes import WrongEstimateError
from benchmarks.problems.problem import Problem
from benchmarks.records import COMPILE, CUDA_GRAPH
from estimators.estimator import Estimator
from estimators.objective import MissingCapability, Objective

COMPARED = 3
"""Estimates that are compared."""

OF_DIFFERENCES = 0.1
"""The largest difference of two finite differences that rounding explains: that of the loss, divided by the step."""

_WORDS = {COMPILE: "compiled", CUDA_GRAPH: "captured"}

_CACHES = {"TORCHINDUCTOR_CACHE_DIR": "", "TRITON_CACHE_DIR": "triton"}  # where torch.compile keeps what it made -> below what


def executed(estimator: Estimator, execution: str, prepared_for: Objective | None = None) -> Estimator:
    """The estimator in an execution that is not eager.

    Args:
        estimator: who.
        execution: a key of `benchmarks.records.EXECUTIONS`, but for `eager`.
        prepared_for: see `compiled`; what is captured is always captured by `init`.

    Raises:
        MissingCapability: see `compiled` and `captured`.
    """
    return captured(estimator) if execution == CUDA_GRAPH else compiled(estimator, prepared_for)


def kept_apart(execution: str) -> AbstractContextManager[None]:
    """What must surround an execution, so that it finds nothing of earlier ones and leaves nothing to later ones."""
    return cold() if execution == COMPILE else nullcontext()


def captured(estimator: Estimator) -> Estimator:
    """The estimator whose part that runs the model is captured as a CUDA graph.

    Raises:
        MissingCapability: this version of `estimators` does not know it.
    """
    try:
        from estimators.captured import captured as of_this_version
    except ModuleNotFoundError as error:
        raise MissingCapability(CUDA_GRAPH, f"this version of `estimators` has no captured execution ({error})") from None
    return of_this_version(estimator)


def compiled(estimator: Estimator, prepared_for: Objective | None = None) -> Estimator:
    """The estimator in compiled execution.

    Args:
        estimator: who.
        prepared_for: an objective for which it is compiled here and now, so that its `init` does not; None to let `init` compile.

    Raises:
        MissingCapability: this version of `estimators` does not know it; or it cannot be compiled for this objective.
    """
    try:
        from estimators.compiled import Compiled
    except ModuleNotFoundError as error:
        raise MissingCapability("compile", f"this version of `estimators` has no compiled execution ({error})") from None
    execution = Compiled(estimator)
    return execution if prepared_for is None else Compiled(estimator, execution.init(prepared_for))


@contextmanager
def cold() -> Iterator[None]:
    """Let whatever is compiled meanwhile be compiled anew, and keep nothing of it: neither on disk nor in this process."""
    from torch._inductor.utils import clear_caches

    before = {name: os.environ.get(name) for name in _CACHES}
    with TemporaryDirectory(prefix="gradgauge-compiled-", dir=os.environ.get(SCRATCH), ignore_cleanup_errors=True) as folder:
        clear_caches()
        os.environ.update({name: str(Path(folder) / below) for name, below in _CACHES.items()})
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value
            clear_caches()


def held_to_eager(execution: Estimator, eager: Estimator, problem: Problem, seed: int, name: str = COMPILE) -> Mapping[str, Any]:
    """Compare estimates under the same random numbers.

    Args:
        execution: the one that is not eager.
        eager: the same in eager execution.
        problem: on what.
        seed: of the draws.
        name: of the execution.

    Returns:
        What was prepared, with the largest difference of the estimates relative to the root mean square of their norms, and what
        was allowed.

    Raises:
        WrongEstimateError: they differ by more than rounding.
    """
    sides = [Gradient(problem.objective, one, generator_for(seed, "executions", problem.device)) for one in (execution, eager)]
    differences, norms = [], []
    for _ in range(COMPARED):
        pairs = list(zip(*(side.draw().items() for side in sides), strict=True))
        differences.append(_norm([ours - theirs for (_, ours), (_, theirs) in pairs]))
        norms.append(_norm([theirs for _, (_, theirs) in pairs]))
    scale = math.sqrt(sum(norm**2 for norm in norms) / COMPARED)
    difference, allowed = max(differences) / scale if scale else max(differences), _allowed(eager, problem)
    if not difference <= allowed:
        raise WrongEstimateError(
            f"{_WORDS[name]} and eager estimates differ by {difference:.2g} of their norm under the same random numbers, "
            f"expected at most {allowed:g}"
        )
    return {**sides[0].state.prepared, "difference": difference, "allowed": allowed}


def _allowed(estimator: Estimator, problem: Problem) -> float:
    shapes = {name: tuple(parameter.shape) for name, parameter in problem.objective.parameters.items()}
    exact = differentiates(estimator.declaration(shapes, problem.objective.batch_size))
    return tolerance(problem.objective) if exact else max(OF_DIFFERENCES, tolerance(problem.objective))


def _norm(tensors: list[Tensor]) -> float:
    return math.sqrt(sum(float(torch.linalg.vector_norm(tensor, dtype=torch.float64)) ** 2 for tensor in tensors))
