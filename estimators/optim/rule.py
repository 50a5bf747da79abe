"""What every update rule is: an ordinary torch optimizer that can be handed an estimate in place of `.grad`.

    rule = build("fromage[lr=0.01]", objective.parameters)        # estimators.optim.registry
    estimate, state = estimator.estimate(objective, state, generator=generator)
    rule.step(estimate, objective=objective)

Without an estimate it is used as any optimizer of torch is: `rule.step()` after `loss.backward()`, or `rule.step(closure)`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor
from torch.optim import Optimizer

from estimators.estimator import Estimate, Factors
from estimators.objective import Objective
from estimators.optim.direction import Direction, from_estimate, from_gradients

Parameters: TypeAlias = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[dict[str, Any]]
"""As torch's optimizers take them; named, as `module.named_parameters()` gives them, where estimates are to be taken."""

Source: TypeAlias = Estimate | Callable[[], "Estimate | Tensor | float"]
"""What `Rule.step` takes its direction from."""

GRADIENT, HESSIAN_PRODUCT = 3, 6
"""Forward passes that a gradient, and a product of the Hessian and a vector along its tape, cost in dense layers at most."""


@dataclass(frozen=True)
class Work:
    """What a rule did beyond what the estimates cost that it was fed with.

    Attributes:
        directions: estimates, or gradients from `.grad`, that it was fed with.
        gradients: taken by the rule itself, with a tape for Hessian products.
        forwards: evaluations of the loss.
        products: products of the Hessian with a vector.
    """

    directions: int = 0
    gradients: int = 0
    forwards: int = 0
    products: int = 0

    def __add__(self, other: "Work") -> "Work":
        """Both together."""
        return Work(
            self.directions + other.directions,
            self.gradients + other.gradients,
            self.forwards + other.forwards,
            self.products + other.products,
        )

    @property
    def forward_equivalents(self) -> int:
        """Operations over those of a forward pass of dense layers, the estimates' own left out."""
        return self.forwards + GRADIENT * self.gradients + HESSIAN_PRODUCT * self.products


class Rule(Optimizer, ABC):
    """An update rule; its parameters stand in `param_groups`, its memory in `state`, and both in `state_dict`.

    Attributes:
        uses_objective: whether `step` must be given an objective, since the rule evaluates the loss itself.
        work: what all steps so far did beyond the estimates' own cost; not part of `state_dict`.
    """

    uses_objective: ClassVar[bool] = False
    work: Work = Work()

    @torch.no_grad()
    def step(self, closure: Source | None = None, *, objective: Objective | None = None) -> Tensor | float | None:  # type: ignore[override]
        """Move the parameters once.

        Args:
            closure: an `Estimate`, whose names must be those of this rule's parameters; or a function that returns one; or, as
                torch has it, a function that returns the loss after it has left gradients in `.grad`; or None where they are
                there already. A function is called once, with gradients enabled. An estimate is read and never written, `.grad`
                is neither read nor changed then, and parameters that the estimate does not name stay as they are.
            objective: where `uses_objective`, the very loss that was differentiated (its parameters are this rule's own tensors);
                other rules do not look at it. Being one batch, it cannot change between two evaluations.

        Returns:
            The loss before the step, as the estimate or the closure gives it; None where nobody does.

        Raises:
            ValueError: the estimate names a tensor that this rule does not have, or the objective is missing or another's.
            MissingCapability: the objective lacks what the rule needs of it.
        """
        direction = self._direction(closure)
        self.work += Work(directions=1)
        self.move(direction, objective)
        return direction.loss

    @abstractmethod
    def move(self, direction: Direction, objective: Objective | None) -> None:
        """Move the parameters once along `direction`; called without a tape.

        Args:
            direction: what to descend along, tensor by tensor; may be read several times.
            objective: see `step`; None where the caller gave none.
        """

    def _direction(self, closure: Source | None) -> Direction:
        found: Estimate | Tensor | float | None
        if callable(closure):
            with torch.enable_grad():
                found = closure()
        else:
            found = closure
        return (
            from_estimate(self.param_groups, found) if isinstance(found, Estimate) else from_gradients(self.param_groups, found)
        )


class TensorRule(Rule):
    """A rule that moves every tensor by itself, so that no more than one of a lazy estimate need exist at any moment."""

    def move(self, direction: Direction, objective: Objective | None) -> None:
        """See `Rule.move`."""
        for share in direction:
            self.update(share.parameter, share.part, self.state[share.parameter], share.group)
            del share  # a lazy estimate forms the next tensor when this one is gone

    @abstractmethod
    def update(self, parameter: Tensor, part: Tensor | Factors, state: dict[str, Any], group: Mapping[str, Any]) -> None:
        """Move one tensor in place.

        Args:
            parameter: the tensor.
            part: what to descend along; not to be written.
            state: what the rule remembers of this tensor; empty before its first step.
            group: the rule's parameters for it.
        """


def check_bounds(**values: float) -> None:
    """Check that a rule's parameters are not negative.

    Raises:
        ValueError: one is, or is no number; it is named.
    """
    for name, value in values.items():
        if not value >= 0:
            raise ValueError(f"{name} must be 0 or more, got {value}")


def check_decay(name: str, value: float) -> None:
    """Check that what is kept of the past is a share of it.

    Raises:
        ValueError: it is not in [0, 1).
    """
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be 0 or more and below 1, got {value}")
