"""Fromage, the Frobenius matched gradient descent of Bernstein et al.: every tensor changes by the same share of its norm."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from estimators.estimator import Factors
from estimators.optim.direction import add, norm
from estimators.optim.momentum import accumulated
from estimators.optim.rule import Parameters, TensorRule, check_bounds, check_decay

_AT_NO_GRADIENT = ("keep", "shrink")


class Fromage(TensorRule):
    """W ← (W - lr ‖W‖/‖g‖ g) / √(1 + lr²), tensor by tensor, with Frobenius norms.

    The relative change ‖ΔW‖/‖W‖ of a step is lr up to O(lr²), whatever the gradient's length, and ‖W‖ stays exactly where g ⟂ W,
    which is what the division is for: without it the norm grows by √(1 + lr²) a step.

    What the formula leaves open:

    * ‖W‖ = 0: the step is lr g, as in plain descent, then the division. A bias that begins at zero so leaves it; from then on its
      steps are relative to the norm it has reached.
    * g = 0: the tensor stays as it is (`zero_gradient=keep`). The published code divides all the same (`shrink`), so that tensors
      which get no gradient, dead layers for example, lose lr²/2 of their norm in every step.
    * No gradient at all (`.grad` is None, or the estimate does not name the tensor): it stays.
    * Momentum: g is m ← momentum · m + ĝ throughout, so that the relative change is lr still, and only the direction is smoothed.
      A tensor whose ĝ is zero moves on while m is not.

    Memory beyond the estimate's own: none without momentum (of factors U Vᵀ the norm is taken from r x r products), else one
    vector of length n. Source: Bernstein, Vahdat, Yue and Liu 2020, arXiv 2002.03432, algorithm 1. Written from the formula.

    Args:
        params: see `estimators.optim.rule.Parameters`.
        lr: the relative change, 0 or more.
        momentum: share of the past that is kept, 0 or more and below 1.
        zero_gradient: `keep` or `shrink`.
        bound: a tensor whose norm exceeds this many times its norm before its first step is scaled back to that; None for no
            bound.

    Example:
        >>> weight = torch.tensor([3.0, 4.0], requires_grad=True)
        >>> rule = Fromage([weight], lr=0.1)
        >>> weight.grad = torch.tensor([-4.0, 3.0])  # at a right angle
        >>> rule.step()
        >>> print(f"{weight.norm():.4f}")
        5.0000
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.01,
        momentum: float = 0.0,
        zero_gradient: str = "keep",
        bound: float | None = None,
    ) -> None:
        check_bounds(lr=lr)
        check_decay("momentum", momentum)
        if zero_gradient not in _AT_NO_GRADIENT:
            raise ValueError(f"zero_gradient must be one of {', '.join(_AT_NO_GRADIENT)}, got {zero_gradient!r}")
        if bound is not None and not bound > 0:
            raise ValueError(f"bound must be above 0, or none, got {bound}")
        super().__init__(params, {"lr": lr, "momentum": momentum, "zero_gradient": zero_gradient, "bound": bound})

    def update(self, parameter: Tensor, part: Tensor | Factors, state: dict[str, Any], group: Mapping[str, Any]) -> None:
        """See `TensorRule.update`; decisions are taken by tensors, so that a GPU is never waited for."""
        size = norm(parameter)
        if group["bound"] is not None:
            state.setdefault("first_norm", size)
        direction = accumulated(state, parameter, part, group["momentum"])
        length = norm(direction)
        directed = length > 0
        ratio = torch.where(directed & (size > 0), size / length, 1.0)
        add(parameter, direction, -group["lr"] * ratio)
        shrinking = torch.full_like(size, 1 / math.sqrt(1 + group["lr"] ** 2))
        if group["zero_gradient"] == "keep":
            shrinking = torch.where(directed, shrinking, 1.0)
        parameter.mul_(shrinking.to(parameter.dtype))
        if group["bound"] is not None:
            _limit(parameter, group["bound"] * state["first_norm"])


def _limit(parameter: Tensor, largest: Tensor) -> None:
    """Scale a tensor back to the norm `largest` where it is above that."""
    size = norm(parameter)
    parameter.mul_(torch.where(size > largest, largest / size, 1.0).to(parameter.dtype))
