"""An objective once more in float64, for losses whose differences are smaller than the rounding of the original's type.

One step along a single random tangent lowers the loss of a model of n parameters by about a share 1/n of it, which in float32 is
rounding from n = 10⁵ on. The copy has the same parameters, batch and buffers, converted; it shares nothing that an evaluation
changes.
"""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from estimators.objective import FunctionObjective, ModuleObjective, Objective

AGREEMENT = 1000
"""Roundings of the original's type by which both losses may differ: the copy is the same function, or it is not used."""


def in_float64(objective: Objective) -> Objective:
    """The same objective in float64; the original where it is so already, or where no faithful copy can be made.

    None can be made of a model that draws random numbers (they depend on the type), of one or a loss that insists on its own
    type, or of an objective of another kind than a module's or a function's.
    """
    kinds = {parameter.dtype for parameter in objective.parameters.values()}
    if kinds == {torch.float64} or objective.draws:
        return objective
    try:
        copy = _converted(objective)
        if copy is None:
            return objective
        with torch.no_grad():
            own, wide = float(objective.loss()), float(copy.loss())
    except (RuntimeError, TypeError, ValueError):
        return objective
    return copy if abs(own - wide) <= AGREEMENT * rounding_of(objective) * max(abs(own), 1.0) else objective


def rounding_of(objective: Objective) -> float:
    """The rounding of the type that an objective is computed in, relative: that of its shortest parameters."""
    return max(torch.finfo(parameter.dtype).eps for parameter in objective.parameters.values())


def _converted(objective: Objective) -> Objective | None:
    if isinstance(objective, FunctionObjective):
        return FunctionObjective(objective.function, objective.parameters[objective.name].detach().double(), objective.name)
    if isinstance(objective, ModuleObjective):
        batch = (_wide(objective.inputs), _wide(objective.targets))
        return ModuleObjective(deepcopy(objective.module).double(), objective.loss_function, batch)
    return None


def _wide(part: Any) -> Any:
    return part.double() if isinstance(part, Tensor) and part.is_floating_point() else part
