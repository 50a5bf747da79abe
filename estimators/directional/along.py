"""The derivative along one tangent by dual tensors, where its parts may be made only when an operation wants them."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import functional

from estimators.directional.derivatives.dual import TREATMENTS
from estimators.directional.derivatives.duals import make_dual, unpack_dual
from estimators.directional.derivatives.treatments import Treated
from estimators.directional.factored import taken_for_tangents
from estimators.directional.space import Weights
from estimators.objective import Objective

_TREATMENTS = {**TREATMENTS, functional.linear: taken_for_tangents(TREATMENTS[functional.linear])}


def along(objective: Objective, moved: Mapping[str, Callable[[Tensor], Tensor]]) -> tuple[Tensor, Tensor]:
    """The loss and its derivative along a tangent, both 0-dimensional, by one pass with dual tensors.

    Args:
        objective: the loss.
        moved: name of a parameter that the tangent is not zero in -> gives what takes its place in the pass: a dual, or a
            placeholder for one.
    """
    with torch.no_grad(), forward_ad.dual_level():
        point = Weights().point(objective)
        for name, placed in moved.items():
            point[name] = placed(point[name])
        with Treated(_TREATMENTS):
            value = objective.loss(point)
        loss, derivative = unpack_dual(value)
        return loss, torch.zeros_like(loss) if derivative is None else derivative.clone()


def dual(value: Tensor, tangent: Callable[[], Tensor]) -> Tensor:
    """A parameter with its tangent, made for one operation.

    Raises:
        RuntimeError: within an `autograd.Function`, whose forward mode would never hear of the tangent.
    """
    if not torch._C._is_fwd_grad_enabled():
        raise RuntimeError("lazily made tangents do not support a forward mode of its own for what uses parameters")
    together: Tensor = make_dual(value, tangent())
    return together
