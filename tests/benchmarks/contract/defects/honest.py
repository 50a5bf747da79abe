"""An honest estimator, a forward gradient along random signs written from its formula, and the ways in which it is spoiled."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes, count
from estimators.objective import Objective

Tensors = dict[str, Tensor]
Defects = dict[str, tuple[Estimator, set[str]]]
"""Name -> the estimator, and the clauses that must fail."""

EXACT = {
    "exact": True,
    "stochastic": False,
    "in_span": False,
    "relative_error": 0.0,
    "memory": "activations",
    "forward_multiple": None,
}
UNTOUCHED = {"untouched", "untouched-after-exception"}
MOMENTS = {"unbiased", "relative-error"}


def signs(parameter: Tensor, generator: torch.Generator | None) -> Tensor:
    drawn = torch.randint(0, 2, parameter.shape, generator=generator, device=parameter.device)
    return (2 * drawn - 1).to(parameter.dtype)


def draw(objective: Objective, generator: torch.Generator | None) -> Tensors:
    return {name: signs(parameter, generator) for name, parameter in objective.parameters.items()}


@dataclass(frozen=True)
class Honest(Estimator):
    """⟨∇f, v⟩ v for random signs v: unbiased, E‖estimate - g‖² = (n - 1) ‖g‖²."""

    changes: dict[str, Any] = field(default_factory=dict)

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        tangent = self.draw(objective, generator)
        point = {name: parameter.detach() for name, parameter in objective.parameters.items()}
        loss, slope, *_ = torch.func.jvp(objective.loss, (point,), (tangent,))
        return DenseEstimate(loss, {name: slope * part for name, part in tangent.items()}), tangent

    def draw(self, objective: Objective, generator: torch.Generator) -> Tensors:
        return draw(objective, generator)

    def tangents(self, state: Any) -> Tensors | None:
        return {name: part[None] for name, part in state.items()} or None

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        honest = Declaration(
            unbiased=True,
            in_span=True,
            descends=True,
            relative_error=count(shapes) - 1.0,
            forward_multiple=3.0,
            forward_calls=1,
            needs=frozenset({"jvp"}),
        )
        return replace(honest, **self.changes)


@dataclass(frozen=True)
class Spoiled(Honest):
    """Changes the tensors of an honest estimate."""

    spoil: Callable[[Tensors], Tensors] = dict

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        return DenseEstimate(estimate.loss, self.spoil(estimate.gradient)), state


@dataclass(frozen=True)
class Drawn(Honest):
    """Draws its tangents in another way."""

    source: Callable[[Objective, torch.Generator], Tensors] = draw

    def draw(self, objective: Objective, generator: torch.Generator) -> Tensors:
        return self.source(objective, generator)


@dataclass(frozen=True)
class Meddling(Honest):
    """Does something to the objective or the world before an honest estimate."""

    meddle: Callable[[Objective], object] = id

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        self.meddle(objective)
        return super().estimate(objective, state, generator=generator)
