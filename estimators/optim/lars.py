"""LARS, layer-wise adaptive rate scaling: momentum over steps that are scaled to each tensor's norm."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from estimators.estimator import Factors
from estimators.optim.direction import add, norm
from estimators.optim.rule import Parameters, TensorRule, check_bounds, check_decay


class Lars(TensorRule):
    """v ← momentum · v + lr λ (ĝ + β W), W ← W - v, with λ = trust ‖W‖ / (‖ĝ‖ + β ‖W‖) for every tensor, and β the weight decay.

    Without momentum and weight decay the relative change is lr · trust, as Fromage's is its lr; W is not divided by √(1 + ...),
    so its norm grows in every step across it. Momentum runs over steps of past lengths, other than in Fromage, where it runs over
    gradients. Where ‖W‖ = 0 or ĝ = 0, which the paper leaves open, λ is 1, as most implementations have it: a plain step.

    Memory beyond the estimate's own: none without momentum, else one vector of length n.
    Source: You, Gitman and Ginsburg 2017, arXiv 1708.03888, equation 6 and algorithm 1.

    Args:
        params: see `estimators.optim.rule.Parameters`.
        lr: the learning rate, 0 or more.
        momentum: share of the past steps that is kept, 0 or more and below 1.
        trust: the factor of λ, 0 or more.
        weight_decay: β, 0 or more.

    Example:
        >>> weight = torch.tensor([3.0, 4.0], requires_grad=True)
        >>> rule = Lars([weight], lr=1.0, momentum=0.0, trust=0.1)
        >>> weight.grad = torch.tensor([-40.0, 30.0])
        >>> rule.step()
        >>> [round(entry, 4) for entry in weight.tolist()]
        [3.4, 3.7]
    """

    def __init__(
        self, params: Parameters, lr: float = 1.0, momentum: float = 0.9, trust: float = 1e-3, weight_decay: float = 0.0
    ) -> None:
        check_bounds(lr=lr, trust=trust, weight_decay=weight_decay)
        check_decay("momentum", momentum)
        super().__init__(params, {"lr": lr, "momentum": momentum, "trust": trust, "weight_decay": weight_decay})

    def update(self, parameter: Tensor, part: Tensor | Factors, state: dict[str, Any], group: Mapping[str, Any]) -> None:
        """See `TensorRule.update`; decisions are taken by tensors, so that a GPU is never waited for."""
        size, length, decay = norm(parameter), norm(part), group["weight_decay"]
        known = (size > 0) & (length > 0)
        rate = group["lr"] * torch.where(known, group["trust"] * size / (length + decay * size), 1.0)
        if group["momentum"] == 0:
            parameter.mul_((1 - decay * rate).to(parameter.dtype))
            add(parameter, part, -rate)
            return
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        step: Tensor = state["momentum_buffer"]
        add(step.mul_(group["momentum"]), parameter, decay * rate)
        add(step, part, rate)
        parameter.sub_(step)
