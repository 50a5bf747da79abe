"""Gradient descent with momentum: torch's SGD, for estimates that never exist as a whole."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from estimators.estimator import Factors
from estimators.optim.direction import add
from estimators.optim.momentum import accumulated
from estimators.optim.rule import Parameters, TensorRule, check_bounds, check_decay


class GradientDescent(TensorRule):
    """θ ← θ - lr m with m ← momentum · m + ĝ; with `nesterov` θ ← θ - lr (ĝ + momentum · m).

    The updates of `torch.optim.SGD` without dampening and weight decay. Memory beyond the estimate's own: none without momentum,
    where a lazy estimate is applied tensor by tensor and one of low rank by one `addmm_` a matrix; with it one vector of length
    n.

    Source: Robbins and Monro 1951; Polyak 1964; Sutskever et al. 2013, equations 3 and 4, as torch writes them.

    Args:
        params: see `estimators.optim.rule.Parameters`.
        lr: the learning rate, 0 or more.
        momentum: share of the past that is kept, 0 or more and below 1.
        nesterov: look ahead along the momentum.

    Example:
        >>> import torch
        >>> from estimators.exact import Backprop
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2))
        >>> rule = GradientDescent(objective.parameters.items(), lr=0.25)
        >>> estimate, _ = Backprop().estimate(objective, None, generator=torch.Generator())
        >>> rule.step(estimate)
        tensor(2.)
        >>> objective.parameters["x"].tolist()
        [0.5, 0.5]
    """

    def __init__(self, params: Parameters, lr: float = 0.01, momentum: float = 0.0, nesterov: bool = False) -> None:
        check_bounds(lr=lr)
        check_decay("momentum", momentum)
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    def update(self, parameter: Tensor, part: Tensor | Factors, state: dict[str, Any], group: Mapping[str, Any]) -> None:
        """See `TensorRule.update`."""
        lr, momentum = group["lr"], group["momentum"]
        sum_ = accumulated(state, parameter, part, momentum)
        if group["nesterov"]:
            add(parameter, part, -lr)
            lr *= momentum
        add(parameter, sum_, -lr)
