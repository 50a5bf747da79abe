"""The running sum of past directions that rules with momentum descend along."""

from typing import Any

import torch
from torch import Tensor

from estimators.estimator import Factors
from estimators.optim.direction import add


def accumulated(state: dict[str, Any], parameter: Tensor, part: Tensor | Factors, momentum: float) -> Tensor | Factors:
    """Take `part` into the running sum, m ← momentum · m + part.

    Args:
        state: of the parameter; holds m as `momentum_buffer`, as torch's SGD does.
        parameter: whose shape m has.
        part: what is added; not written.
        momentum: share of m that is kept; with 0 nothing is remembered.

    Returns:
        m, which the state holds; `part` itself where momentum is 0.
    """
    if momentum == 0:
        return part
    if "momentum_buffer" not in state:
        state["momentum_buffer"] = torch.zeros_like(parameter)
    buffer: Tensor = state["momentum_buffer"]
    add(buffer.mul_(momentum), part, 1.0)
    return buffer
