"""Vectors to compare: gradients as one vector in float64, and which difference counts as rounding."""

from collections.abc import Mapping

import torch
from torch import Tensor

from estimators.estimator import Declaration
from estimators.objective import Objective

EXACT = {torch.float64: 1e-6, torch.float32: 1e-3}
"""Largest relative error that counts as rounding (a central difference divides the rounding of the loss by its step, 1e-3)."""

_HALF = 0.1  # the same for the 16-bit types


def reference(objective: Objective) -> dict[str, Tensor]:
    """The gradient by reverse mode, at the objective's own parameters."""
    leaves = objective.parameters
    inner = getattr(objective, "objective", objective)  # one that knows its gradient need not know how to differentiate
    with torch.enable_grad():
        gradients = torch.autograd.grad(inner.loss(), list(leaves.values()), materialize_grads=True)
    return dict(zip(leaves, gradients, strict=True))


def flat(tensors: Mapping[str, Tensor]) -> Tensor:
    """All tensors behind one another: shape [n], float64, on the CPU."""
    return torch.cat([tensor.detach().reshape(-1).to("cpu", torch.float64) for tensor in tensors.values()])


def relative_error(estimate: Tensor, gradient: Tensor) -> float:
    """‖estimate - gradient‖ / ‖gradient‖."""
    return float((estimate - gradient).norm() / gradient.norm())


def tolerance(objective: Objective) -> float:
    """The relative error that counts as rounding for the coarsest of the parameters' dtypes."""
    return max(EXACT.get(parameter.dtype, _HALF) for parameter in objective.parameters.values())


def differentiates(declaration: Declaration) -> bool:
    """Whether derivatives are exact on curved functions too, rather than by finite differences."""
    return declaration.records_tape or bool(declaration.needs & {"jvp", "gradient"})
