"""KeepStepping and KeepVaulting with the slips of the blog they come from, for whoever reproduces its figures.

For anything else use `keep_stepping` and `keep_vaulting`. Common to both: every loss is evaluated with a tape that nobody reads,
the one at the start again although it is known; steps stay even where they raised the loss; a loss that is no number ends the
steps there. One gradient and m + 2 forward passes for m + 1 steps. Source: V. Warmerdam, More Descent, Less Gradient, koaning.io
2020.
"""

import math

from estimators.objective import Objective
from estimators.optim.direction import Direction
from estimators.optim.evaluating import EvaluatingRule
from estimators.optim.ray import Ray
from estimators.optim.rule import Parameters, Work, check_bounds


class PublishedKeepStepping(EvaluatingRule):
    """Step 0, then steps i = 0, 1, ... of lr (1 - s √i) for as long as the last one lowered the loss, `max_steps` at most.

    The impatience s was to lengthen steps; with its sign they shrink, and for s > 1 go uphill from i = 1 on. With s = 2, as the
    blog has it, x²/2 from 1 at rate 0.01 goes to 0.99, 0.98 and back to 0.99, where it stops: one plain step for a gradient.

    Args:
        params: see `estimators.optim.rule.Parameters`; one group.
        lr: the first step in lengths of the estimate, 0 or more.
        max_steps: steps after the first at most, 0 or more.
        scale_i: s, 0 or more.
    """

    def __init__(self, params: Parameters, lr: float = 0.01, max_steps: int = 20, scale_i: float = 0.0) -> None:
        check_bounds(lr=lr, max_steps=max_steps, scale_i=scale_i)
        super().__init__(params, {"lr": lr, "max_steps": max_steps, "scale_i": scale_i})

    def search(self, direction: Direction, objective: Objective) -> None:
        """See `EvaluatingRule.search`."""
        ray, lr = Ray(direction, objective, tape=True), self.options["lr"]
        old = ray.loss()
        ray.to(lr)
        new, i = ray.loss(), 0
        while new < old and i < self.options["max_steps"]:
            ray.to(ray.t + lr * (1 - self.options["scale_i"] * math.sqrt(i)))
            old, new, i = new, ray.loss(), i + 1
        self.work += Work(forwards=ray.forwards)


class PublishedKeepVaulting(EvaluatingRule):
    """A step of lr, then steps of lr times `vault` for as long as the last one lowered the loss, `max_steps` at most.

    Args:
        params: see `estimators.optim.rule.Parameters`; one group.
        lr: the first step in lengths of the estimate, above 0.
        max_steps: steps after the first at most, 0 or more.
    """

    def __init__(self, params: Parameters, lr: float = 0.01, max_steps: int = 20) -> None:
        check_bounds(lr=lr, max_steps=max_steps)
        if lr == 0:
            raise ValueError("lr must be above 0: differences of losses are divided by it")
        super().__init__(params, {"lr": lr, "max_steps": max_steps})

    def search(self, direction: Direction, objective: Objective) -> None:
        """See `EvaluatingRule.search`."""
        ray, lr = Ray(direction, objective, tape=True), self.options["lr"]
        old = ray.loss()
        ray.to(lr)
        new, i = ray.loss(), 0
        while new < old and i < self.options["max_steps"]:
            ray.to(ray.t + lr * vault(old, new, lr))
            old, new, i = new, ray.loss(), i + 1
        self.work += Work(forwards=ray.forwards)


def vault(old: float, new: float, lr: float) -> float:
    """The blog's factor -second/δ · lr with δ = (L₁ - L₀)/lr and second = (L₁ - δ)/lr.

    Newton's method would have a difference of slopes for L₁ - δ, and divide the other way round. As it stands the factor is
    1 + lr L₁/(L₀ - L₁): about 1 as a rule, and beyond all bounds where a step brought little.

    Args:
        old: L₀, the loss before the last step.
        new: L₁, the loss after it, lower.
        lr: the learning rate, taken for the distance of the two however far the last step was.
    """
    slope = (new - old) / lr
    second = (new - slope) / lr
    return -second / slope * lr
