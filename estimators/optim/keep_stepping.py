"""KeepStepping as it was intended: one gradient, and steps along it for as long as forward passes say that the loss falls."""

import math

from estimators.objective import Objective
from estimators.optim.direction import Direction
from estimators.optim.evaluating import EvaluatingRule
from estimators.optim.ray import Ray
from estimators.optim.rule import Parameters, Work, check_bounds


class KeepStepping(EvaluatingRule):
    """θ ← θ - lr (1 + s √i) d for i = 0, 1, ..., `max_steps`, until a step does not lower the loss; that one is undone.

    d is one estimate. What the blog's code does otherwise, which is in `as_published`: a later step counts 1 - s √i, the first
    two are both i = 0, the worsening step stays, losses are evaluated with a tape, and the first one twice.

    One estimate and m + 1 forward passes, without a tape, for m steps that stay (m alone where all allowed steps do); where the
    loss at the start is not known (no closure, no estimate) one more. A loss that is no number does not lower it, so such a step
    is undone too. Where the first step is undone nothing has moved: with an estimate that is no descent direction, or a rate that
    is too large, the rule waits for a better estimate. Memory beyond the estimate's own: a copy of the parameters, to which an
    undone step returns exactly; none for lazy estimates, where undoing leaves rounding behind (`estimators.optim.ray`).

    The loss before the first step is that of the estimate; central differences give it up to O(h²).
    Source: V. Warmerdam, More Descent, Less Gradient, koaning.io 2020.

    Args:
        params: see `estimators.optim.rule.Parameters`; one group.
        lr: the first step in lengths of the estimate, 0 or more.
        max_steps: steps after the first at most, 0 or more.
        impatience: s, 0 or more.

    Example:
        >>> import torch
        >>> from estimators.exact import Backprop
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum() / 2, torch.ones(1))
        >>> rule = KeepStepping(objective.parameters.items(), lr=0.3)
        >>> estimate, _ = Backprop().estimate(objective, None, generator=torch.Generator())
        >>> loss = rule.step(estimate, objective=objective)
        >>> print(f"{objective.parameters['x'].item():.1f}", rule.work.forwards)  # 0.7, 0.4, 0.1, and -0.2, which is undone
        0.1 4
    """

    def __init__(self, params: Parameters, lr: float = 0.01, max_steps: int = 20, impatience: float = 0.0) -> None:
        check_bounds(lr=lr, max_steps=max_steps, impatience=impatience)
        super().__init__(params, {"lr": lr, "max_steps": max_steps, "impatience": impatience})

    def search(self, direction: Direction, objective: Objective) -> None:
        """See `EvaluatingRule.search`."""
        ray = Ray(direction, objective)
        lowest = ray.known_loss()
        for i in range(self.options["max_steps"] + 1):
            before = ray.t
            ray.to(before + self.options["lr"] * (1 + self.options["impatience"] * math.sqrt(i)))
            loss = ray.loss()
            if not loss < lowest:
                ray.to(before)
                break
            lowest = loss
        self.work += Work(forwards=ray.forwards)
