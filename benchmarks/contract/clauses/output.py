"""What an estimate looks like: the parameters' names, shapes, dtypes and devices, finite numbers, and the loss beside it."""

import math
from typing import Any

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, passed
from benchmarks.contract.comparing import differentiates, flat, reference, relative_error, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective, Variant
from estimators.estimator import Estimate
from estimators.objective import Objective

HALVES = (torch.bfloat16, torch.float16)
_GROSS = 0.1  # a loss further from the truth than this share of it is another quantity (a sum, zero, a derivative)


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Take one estimate and compare it with the parameters."""
    objective = examination.subject(case).objective
    returned: object = examination.estimator.estimate(
        objective, examination.estimator.init(objective), generator=examination.generator()
    )
    if not isinstance(returned, tuple) or len(returned) != 2 or not isinstance(returned[0], Estimate):
        return failed(f"estimate() returned {type(returned).__name__}, not (Estimate, state)")
    estimate = returned[0]
    found = faults(objective, estimate, case.linear) or _factor_faults(objective, estimate)
    return failed("; ".join(found[:3])) if found else passed("as the parameters")


def look_at_half(examination: Examination, case: ContractObjective) -> Observation:
    """Take one estimate in each of the 16-bit types; where it is declared exact, compare it with the gradient."""
    worst = 0.0
    for dtype in HALVES:
        objective = examination.subject(case, Variant(dtype=dtype)).objective
        estimate, _ = examination.estimate(objective)
        found = faults(objective, estimate, case.linear)
        declaration = examination.declaration(objective)
        if not found and declaration.exact and (case.linear or differentiates(declaration)):
            worst = max(worst, relative_error(flat(estimate.gradient), flat(reference(objective))))
            found = [f"relative error {worst:.1e} in {dtype}"] if worst > tolerance(objective) else []
        if found:
            return failed("; ".join(found[:3]))
    return passed("as the parameters")


def faults(objective: Objective, estimate: Estimate, linear: bool) -> list[str]:
    """What is wrong with the form of an estimate or its loss, in words.

    Args:
        objective: of what it is an estimate.
        estimate: as returned.
        linear: whether the objective is linear, so that every method finds the loss at the point.
    """
    return _tensor_faults(objective, dict(estimate.items())) or _loss_faults(objective, estimate.loss, linear)


def _tensor_faults(objective: Objective, tensors: dict[str, Any]) -> list[str]:
    if list(tensors) != list(objective.parameters):
        return [f"names {list(tensors)} instead of {list(objective.parameters)}"]
    found = []
    for name, parameter in objective.parameters.items():
        tensor = tensors[name]
        if not isinstance(tensor, Tensor):
            found.append(f"{name!r} is {type(tensor).__name__}, not a tensor")
            continue
        form = (tuple(tensor.shape), tensor.dtype, tensor.device)
        wanted = (tuple(parameter.shape), parameter.dtype, parameter.device)
        if form != wanted:
            found.append(f"{name!r} is {_words(form)} instead of {_words(wanted)}")
        elif not tensor.isfinite().all():
            found.append(f"{name!r} holds NaN or infinity")
    return found


def _factor_faults(objective: Objective, estimate: Estimate) -> list[str]:
    """What is handed on as thin factors is, multiplied, what is handed on as tensors."""
    tensors, found = dict(estimate.items()), []
    parts: dict[str, Any] = dict(getattr(estimate, "factors", estimate.items)())
    if list(parts) != list(tensors):
        return [f"factors of {list(parts)} instead of {list(tensors)}"]
    for name, tensor in tensors.items():
        part = parts[name]
        whole = part if isinstance(part, Tensor) else part.product(tuple(tensor.shape))
        if (whole.double() - tensor.double()).norm() > tolerance(objective) * tensor.double().norm():
            found.append(f"the factors of {name!r} do not make its tensor")
    return found


def _loss_faults(objective: Objective, loss: Any, linear: bool) -> list[str]:
    if not isinstance(loss, Tensor) or loss.dim() != 0:
        return [f"the loss is {loss!r}, not a 0-dimensional tensor"]
    with torch.no_grad():
        true = float(objective.loss())
    value = float(loss.detach())
    if linear and not abs(value - true) <= _GROSS * max(1.0, abs(true)):
        return [f"the loss is {value:.4g} instead of {true:.4g}"]
    return [] if math.isfinite(value) else ["the loss is not finite"]


def _words(form: tuple[tuple[int, ...], torch.dtype, torch.device]) -> str:
    return f"{form[1]} of shape {form[0]} on {form[2]}"


CLAUSE = Clause("output", "names (in order), shapes, dtypes and devices of the parameters; finite; the loss beside it", look)
HALF = Clause(
    "half-precision",
    "the same in bfloat16 and float16; the gradient, roughly, where declared exact",
    look_at_half,
    presumes=("exact",),
)
