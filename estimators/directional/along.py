"""The derivative along one tangent whose parts may be made only when an operation wants them: by rules, or by dual tensors."""

from collections.abc import Callable, Mapping
from weakref import WeakSet

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import functional

from estimators.directional.derivatives.dual import TREATMENTS
from estimators.directional.derivatives.duals import make_dual, unpack_dual
from estimators.directional.derivatives.pushforward import Moving, through
from estimators.directional.derivatives.treatments import Treated
from estimators.directional.factored import taken_for_tangents
from estimators.directional.space import Weights
from estimators.objective import Objective

_TREATMENTS = {**TREATMENTS, functional.linear: taken_for_tangents(TREATMENTS[functional.linear])}

_WITHOUT_RULES: WeakSet[Objective] = WeakSet()
"""Objectives that a tangent cannot be pushed through operation by operation (see `derivatives.pushforward`)."""


def by_rules(objective: Objective, moving: Mapping[str, Callable[[Tensor], Moving]]) -> tuple[Tensor, Tensor] | None:
    """The loss and its derivative along a tangent, both 0-dimensional, by one pass with rules.

    Args:
        objective: the loss.
        moving: name of a parameter that the tangent is not zero in -> gives what takes its place in the pass.

    Returns:
        None where there is no rule for an operation, which is remembered.
    """
    if torch.compiler.is_compiling() or has_no_rules(objective):
        return None
    with torch.no_grad():
        point = Weights().point(objective)
        for name, placed in moving.items():
            point[name] = placed(point[name])
        pushed = through(lambda: objective.loss(point))
    if pushed is None:
        _WITHOUT_RULES.add(objective)
        return None
    return pushed.value, pushed.tangents


def has_no_rules(objective: Objective) -> bool:
    """Whether `by_rules` was tried in vain."""
    return objective in _WITHOUT_RULES


def by_duals(objective: Objective, moved: Mapping[str, Callable[[Tensor], Tensor]]) -> tuple[Tensor, Tensor]:
    """The same by one pass with dual tensors.

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
