"""The derivative along one tangent, by dual tensors."""

import torch
from torch import Tensor
from torch.autograd import forward_ad

from estimators.directional.derivatives.attention import ATTENTION
from estimators.directional.derivatives.duals import make_dual, unpack_dual
from estimators.directional.derivatives.treatments import BUFFERS, KERNELS, Treated
from estimators.directional.derivatives.untouched_inputs import LAYERS
from estimators.directional.space import Space, Tangents
from estimators.objective import Objective

TREATMENTS = {**LAYERS, **KERNELS, **BUFFERS, **ATTENTION}
"""What a pass with dual tensors needs."""


def take_one(space: Space, objective: Objective, tangents: Tangents) -> tuple[Tensor, Tensor]:
    """One pass.

    Args:
        space: what is perturbed.
        objective: the loss.
        tangents: one of them.

    Returns:
        The loss and its derivative, both 0-dimensional.
    """
    point = space.point(objective)
    with forward_ad.dual_level():
        duals = {name: make_dual(value, tangents[name][0]) for name, value in point.items()}
        with Treated(TREATMENTS):
            dual = space.loss(objective, duals)
        loss, derivative = unpack_dual(dual)
        return loss, torch.zeros_like(loss) if derivative is None else derivative.clone()
