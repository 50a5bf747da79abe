"""Defects of whole families, as public implementations have them: low rank, projections, smoothing, treated layers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn, overrides
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules.module import register_module_forward_hook

from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.estimator import Directional
from estimators.directional.space import Layout
from estimators.directional.streams import Stream
from estimators.estimator import DenseEstimate, Estimate, Estimator, Factors
from estimators.objective import ModuleObjective, Objective
from tests.benchmarks.contract.defects.honest import EXACT, MOMENTS, UNTOUCHED, Defects, Honest, Meddling, Tensors


@dataclass(frozen=True)
class DenseNoise(LowRank):
    """Says it is of low rank, and draws dense numbers."""

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tensors:
        return Gaussian().draw(layout, indices, stream)


class TensorByTensor(Honest):
    """Projects onto two tangents, each tensor's part for itself."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        drawn = [self.draw(objective, generator) for _ in range(2)]
        point = {name: parameter.detach() for name, parameter in objective.parameters.items()}
        pairs = [torch.func.jvp(objective.loss, (point,), (tangent,)) for tangent in drawn]
        slopes = torch.stack([slope for _, slope in pairs]).double()
        tangents = {name: torch.stack([tangent[name] for tangent in drawn]) for name in point}
        projected = {
            name: (torch.linalg.pinv(rows.reshape(2, -1).double()) @ slopes).view(rows.shape[1:]).to(rows.dtype)
            for name, rows in tangents.items()
        }
        return DenseEstimate(pairs[0][0], projected), tangents

    def tangents(self, state: Any) -> Tensors | None:
        return dict(state) or None


@dataclass(frozen=True)
class OffBySigmaSquared(Honest):
    """Smoothing along σ z that divides by nothing: the estimate shrinks with σ²."""

    sigma: float = 2.0**-4

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        tangent = {name: self.sigma * part for name, part in self.draw(objective, generator).items()}
        point = {name: parameter.detach() for name, parameter in objective.parameters.items()}
        with torch.no_grad():
            above, below = (objective.loss({n: value + s * tangent[n] for n, value in point.items()}) for s in (1, -1))
        return DenseEstimate((above + below) / 2, {n: (above - below) / 2 * part for n, part in tangent.items()}), tangent

    def with_step(self, factor: float) -> Estimator:
        return replace(self, sigma=factor * self.sigma)


class HalfTheFactors(Honest):
    """Hands on factors that make another tensor."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        made, state = super().estimate(objective, state, generator=generator)
        return Halved(made.loss, made.gradient), state


class Halved(DenseEstimate):
    """As factors, half of what it is as tensors."""

    def factors(self) -> Any:
        for name, tensor in self.items():
            rows = tensor.reshape(len(tensor) if tensor.dim() else 1, -1)
            yield name, Factors(rows / 2, torch.eye(rows.shape[1], dtype=rows.dtype))


class Learning(Honest):
    """Backprop times a feedback that is learned in the state it was handed, and not in a new one."""

    def init(self, objective: Objective) -> Any:
        return {"calls": 0}

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        leaves = objective.parameters
        with torch.enable_grad():
            loss = objective.loss()
            gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
        state["calls"] += 1
        share = 1 - 0.5 ** state["calls"]
        return DenseEstimate(loss.detach(), {n: share * g for n, g in zip(leaves, gradients, strict=True)}), state

    def tangents(self, state: Any) -> None:  # type: ignore[override]
        return None


def replaced_forward(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        objective.module.forward = objective.module.forward


def hook_on_all(_: Objective) -> None:
    register_module_forward_hook(lambda *_: None)


LINEAR = nn.functional.linear


def same(*arguments: Any) -> Any:
    return LINEAR(*arguments)


def replaced_function(_: Objective) -> None:
    nn.functional.linear = same


def mode(_: Objective) -> None:
    if not overrides._get_current_function_mode_stack():
        overrides.BaseTorchFunctionMode().__enter__()


def packed(_: Objective) -> None:
    saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor).__enter__()


DEFECTS: Defects = {
    "dense noise in a method of low rank": (Directional(2, directions=DenseNoise(1)), {"rank"}),
    "a projection tensor by tensor": (
        TensorByTensor({"unbiased": False, "relative_error": None, "forward_multiple": 6.0, "forward_calls": 2}),
        {"in-span", "descent"},
    ),
    "off by sigma squared": (
        OffBySigmaSquared({"forward_multiple": 2.0, "forward_calls": 2}),
        {"step-invariance", *MOMENTS},
    ),
    "factors of another tensor": (HalfTheFactors(), {"output"}),
    "feedback that changes in place": (
        Learning(
            {**EXACT, "exact": False, "unbiased": False, "relative_error": None, "records_tape": True, "needs": frozenset()}
        ),
        {"reproducible"},
    ),
    "leaves a replaced forward": (Meddling(meddle=replaced_forward), UNTOUCHED),
    "leaves a hook on all modules": (Meddling(meddle=hook_on_all), UNTOUCHED),
    "leaves a function replaced": (Meddling(meddle=replaced_function), UNTOUCHED),
    "leaves a mode": (Meddling(meddle=mode), UNTOUCHED),
    "leaves hooks on saved tensors": (Meddling(meddle=packed), UNTOUCHED),
}
