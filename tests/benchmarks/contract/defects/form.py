"""Defects of what is returned: names, shapes, dtypes, numbers, the loss, a history."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from estimators.estimator import DenseEstimate, Estimate
from estimators.objective import Objective
from tests.benchmarks.contract.defects.honest import Defects, Honest, Spoiled, Tensors


@dataclass
class Fading(DenseEstimate):
    """Is zero from the second reading on."""

    readings: int = 0

    def items(self) -> Iterator[tuple[str, Tensor]]:
        self.readings += 1
        for name, tensor in self.tensors.items():
            yield name, tensor * (self.readings == 1)


class Fickle(Honest):
    """Its estimates can be read once only."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        return Fading(estimate.loss, estimate.gradient), state


@dataclass(frozen=True)
class Overwriting(Honest):
    """Writes its estimates into the same memory by turns."""

    turns: int = 1

    def init(self, objective: Objective) -> Any:
        memory = [{name: torch.empty_like(p) for name, p in objective.parameters.items()} for _ in range(self.turns)]
        return {}, memory

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        made, tangent = super().estimate(objective, None, generator=generator)
        first, *others = state[1]
        for name, tensor in made.items():
            first[name].copy_(tensor)
        return DenseEstimate(made.loss, dict(first)), (tangent, [*others, first])

    def tangents(self, state: Any) -> Tensors | None:
        return super().tangents(state[0])


class Inverted(Honest):
    """Returns the estimate's negative as its loss."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        return DenseEstimate(-estimate.loss, estimate.gradient), state


class Raising(Honest):
    """Cannot be used at all."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        raise KeyError("weight")


def all_but_last(tensors: Tensors) -> Tensors:
    return dict(list(tensors.items())[:-1])


def flatter(tensors: Tensors) -> Tensors:
    return {name: tensor.flatten()[None] for name, tensor in tensors.items()}


def normalised(tensors: Tensors) -> Tensors:
    norm = torch.stack([tensor.norm() for tensor in tensors.values()]).norm()
    return {name: tensor / norm.to(tensor) * norm.to(tensor) for name, tensor in tensors.items()}


def in_float32(tensors: Tensors) -> Tensors:
    return {name: tensor if tensor.dtype is torch.float64 else tensor.float() for name, tensor in tensors.items()}


DEFECTS: Defects = {
    "wrong dtype": (Spoiled(spoil=lambda t: {k: v.half() for k, v in t.items()}), {"output"}),
    "wrong shape": (Spoiled(spoil=flatter), {"output"}),
    "missing name": (Spoiled(spoil=all_but_last), {"output"}),
    "other order": (Spoiled(spoil=lambda t: dict(reversed(t.items()))), {"output"}),
    "not finite": (Spoiled(spoil=lambda t: {k: v / 0 for k, v in t.items()}), {"output"}),
    "another loss": (Inverted(), {"output"}),
    "cannot be used": (Raising(), {"output"}),
    "wider than half precision": (Spoiled(spoil=in_float32), {"half-precision"}),
    "divides by zero where the loss is flat": (Spoiled(spoil=normalised), {"degenerate"}),
    "can be read once only": (Fickle(), {"reproducible"}),
    "overwrites the estimate before": (Overwriting(), {"reproducible"}),
    "overwrites the last but one": (Overwriting(turns=2), {"reproducible"}),
    "returns a history": (Spoiled(spoil=lambda t: {k: v.requires_grad_() for k, v in t.items()}), {"no-tape"}),
}
