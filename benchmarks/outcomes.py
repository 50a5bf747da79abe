"""From an exception to an outcome with a reason, and the one look at an estimate's form that no measurement can do without."""

import traceback
from typing import Any

import torch

from benchmarks.problems.problem import Problem
from benchmarks.records import Outcome
from estimators.estimator import Estimator
from estimators.objective import MissingCapability

LONGEST_REASON = 500
_FRAMES_KEPT = 6
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")


class WrongEstimateError(Exception):
    """An estimate that is not of the form of the parameters: a breach of contract that no measurement survives."""


class NotFiniteError(Exception):
    """An estimate with NaN or infinity in it."""


def outcome_of(error: BaseException) -> Outcome:
    """What became of a cell that ended with this exception."""
    if isinstance(error, MissingCapability):
        return Outcome.SKIPPED
    if isinstance(error, WrongEstimateError):
        return Outcome.WRONG
    exhausted = isinstance(error, RuntimeError) and any(phrase in _text(error).lower() for phrase in _OUT_OF_MEMORY)
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or exhausted:
        return Outcome.OUT_OF_MEMORY
    return Outcome.FAILED


def reason_of(error: BaseException) -> str:
    """Why, in one line of at most `LONGEST_REASON` characters."""
    message = " ".join(_text(error).split())
    if isinstance(error, (MissingCapability, WrongEstimateError, NotFiniteError)):
        return message[:LONGEST_REASON]
    return (f"{type(error).__name__}: {message}" if message else type(error).__name__)[:LONGEST_REASON]


def frames_of(error: BaseException) -> list[str]:
    """The innermost places it came through, for somebody who looks for the defect."""
    return [
        f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES_KEPT:]
    ]


def check_estimate(estimator: Estimator, problem: Problem) -> None:
    """Take one estimate and look at its form.

    Raises:
        WrongEstimateError: its names, shapes, dtypes or devices are not those of the parameters.
        NotFiniteError: it holds NaN or infinity.
    """
    objective = problem.objective
    generator = torch.Generator(problem.device).manual_seed(0)
    estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=generator)
    tensors = dict(estimate.items())
    if list(tensors) != list(objective.parameters):
        raise WrongEstimateError(f"the estimate has the names {_listed(tensors)} instead of {_listed(objective.parameters)}")
    for name, parameter in objective.parameters.items():
        expected, found = _form(parameter), _form(tensors[name])
        if found != expected:
            raise WrongEstimateError(f"the estimate of {name!r} has {found} instead of {expected}")
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise NotFiniteError(f"the estimate of {name!r} is not finite (NaN or infinity)")


def _form(tensor: Any) -> str:
    if not isinstance(tensor, torch.Tensor):
        return f"type {type(tensor).__name__}"
    return f"shape {tuple(tensor.shape)}, {str(tensor.dtype).removeprefix('torch.')}, {tensor.device}"


def _listed(names: Any) -> str:
    text = ", ".join(map(str, names))
    return f"({text if len(text) <= 100 else text[:100] + ' ...'})"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a user's exception may not even have a text
        return "(its message cannot be shown)"
