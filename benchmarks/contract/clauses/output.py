"""What an estimate looks like: the parameters' names, shapes, dtypes and devices, finite numbers, and the loss beside it."""

import math
from typing import Any

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Examination, Observation, failed, passed
from benchmarks.contract.objectives import ContractObjective
from estimators.estimator import Estimate
from estimators.objective import Objective

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
    faults = _tensor_faults(objective, dict(estimate.items())) or _loss_faults(objective, estimate.loss, case.linear)
    if faults:
        return failed("; ".join(faults[:3]))
    return passed("as the parameters")


def _tensor_faults(objective: Objective, tensors: dict[str, Any]) -> list[str]:
    if list(tensors) != list(objective.parameters):
        return [f"names {list(tensors)} instead of {list(objective.parameters)}"]
    faults = []
    for name, parameter in objective.parameters.items():
        tensor = tensors[name]
        if not isinstance(tensor, Tensor):
            faults.append(f"{name!r} is {type(tensor).__name__}, not a tensor")
            continue
        found = (tuple(tensor.shape), tensor.dtype, tensor.device)
        wanted = (tuple(parameter.shape), parameter.dtype, parameter.device)
        if found != wanted:
            faults.append(f"{name!r} is {_words(found)} instead of {_words(wanted)}")
        elif not tensor.isfinite().all():
            faults.append(f"{name!r} holds NaN or infinity")
    return faults


def _loss_faults(objective: Objective, loss: Any, linear: bool) -> list[str]:
    if not isinstance(loss, Tensor) or loss.dim() != 0:
        return [f"the loss is {loss!r}, not a 0-dimensional tensor"]
    with torch.no_grad():
        true = float(objective.loss())
    value = float(loss.detach())
    if linear and not abs(value - true) <= _GROSS * max(1.0, abs(true)):
        return [f"the loss is {value:.4g} instead of {true:.4g}"]
    return [] if math.isfinite(value) else ["the loss is not finite"]


def _words(found: tuple[tuple[int, ...], torch.dtype, torch.device]) -> str:
    return f"{found[1]} of shape {found[0]} on {found[2]}"


CLAUSE = Clause("output", "names (in order), shapes, dtypes and devices of the parameters; finite; the loss beside it", look)
