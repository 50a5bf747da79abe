"""Forward gradient descent as Baydin et al. trained networks with it: plain steps at a rate that decays exponentially."""

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from estimators.estimator import Factors
from estimators.optim.direction import add
from estimators.optim.rule import Parameters, TensorRule, check_bounds


class DecayedDescent(TensorRule):
    """θ ← θ - lr exp(-decay · i) ĝ at step i = 0, 1, 2, ...; no momentum, nothing adaptive.

    Fed with `forward-gradient` this is FGD; the paper's own runs on functions of two variables are without decay. Memory beyond
    the estimate's own: none. Steps are counted tensor by tensor, as torch does it: one that an estimate leaves out does not age.

    Source: Baydin et al. 2022, arXiv 2202.08587, algorithm 1; the decay, 1e-4 there, is that of its experiments on networks.

    Args:
        params: see `estimators.optim.rule.Parameters`.
        lr: the learning rate at the first step, 0 or more.
        decay: 0 or more.

    Example:
        >>> import torch
        >>> point = torch.ones(1, requires_grad=True)
        >>> rule = DecayedDescent([point], lr=1.0, decay=math.log(2))
        >>> for _ in range(3):
        ...     point.grad = torch.ones(1)
        ...     rule.step()
        >>> point.item()  # 1 - 1 - 1/2 - 1/4
        -0.75
    """

    def __init__(self, params: Parameters, lr: float = 0.01, decay: float = 1e-4) -> None:
        check_bounds(lr=lr, decay=decay)
        super().__init__(params, {"lr": lr, "decay": decay})

    def update(self, parameter: Tensor, part: Tensor | Factors, state: dict[str, Any], group: Mapping[str, Any]) -> None:
        """See `TensorRule.update`."""
        step = state.get("step", 0)
        add(parameter, part, -group["lr"] * math.exp(-group["decay"] * step))
        state["step"] = step + 1
