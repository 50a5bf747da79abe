"""Defects of what an estimate is: its mean, its variance, its span, and how it follows the loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.directions import Directions
from estimators.directional.directions.sphere import Sphere
from estimators.directional.estimator import Directional
from estimators.directional.space import Layout
from estimators.directional.streams import Stream
from estimators.estimator import DenseEstimate, Estimate, Estimator
from estimators.objective import ModuleObjective, Objective
from tests.benchmarks.contract.defects.honest import MOMENTS, Defects, Drawn, Honest, Spoiled, Tensors, draw


class NoBudget(Honest):
    """Promises to be exact at full budget and is not."""

    def at_full_budget(self, coordinates: int) -> Estimator:
        return self


class NoTangents(Honest):
    """Declares a span and does not name it."""

    def tangents(self, state: Any) -> None:  # type: ignore[override]
        return None


class Summed(Honest):
    """Takes the loss for a sum over samples: four of them make up a batch."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate, state = super().estimate(objective, state, generator=generator)
        share = (objective.batch_size or 4) / 4
        return DenseEstimate(estimate.loss, {name: share * tensor for name, tensor in estimate.gradient.items()}), state


class Stepped(Honest):
    """Another step makes another estimate."""

    def with_step(self, factor: float) -> Estimator:
        return Spoiled(spoil=lambda tensors: {name: factor * tensor for name, tensor in tensors.items()})


@dataclass(frozen=True)
class OfLengthRootN(Aggregation):
    """A projection onto one tangent, if that has the length √n."""

    law = "projection"

    def coefficients(self, tangents: Tensors, derivatives: Tensor) -> Tensor:
        return derivatives / sum(rows[0].numel() for rows in tangents.values())


@dataclass(frozen=True)
class FirstAlone(Aggregation):
    """A mean that forgets all tangents but the first: as unbiased, and k times as far off."""

    law = "mean"

    def coefficients(self, tangents: Tensors, derivatives: Tensor) -> Tensor:
        return derivatives * (torch.arange(len(derivatives)) == 0).to(derivatives)


@dataclass(frozen=True)
class ByPlace(Directions):
    """Tangents that depend on which others are asked for."""

    law = "gaussian"

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tensors:
        return stream.normal(layout, range(len(indices)))


def off_the_span(tensors: Tensors) -> Tensors:
    return {name: t * (1 + 0.01 * torch.arange(t.numel()).reshape(t.shape).to(t)) for name, t in tensors.items()}


def first_zero(tensors: Tensors) -> Tensors:
    return {name: tensor * (number > 0) for number, (name, tensor) in enumerate(tensors.items())}


def by_first_sample(objective: Objective, generator: torch.Generator) -> Tensors:
    tangent = draw(objective, generator)
    if not isinstance(objective, ModuleObjective) or float(objective.inputs[0, 0]) > 0:
        return tangent
    return {name: part.flip(-1) for name, part in tangent.items()}


DEFECTS: Defects = {
    "biased scale": (Spoiled(spoil=lambda t: {k: 2 * v for k, v in t.items()}), MOMENTS),
    "half too short": (Spoiled(spoil=lambda t: {k: v / 2 for k, v in t.items()}), MOMENTS),
    "wrong sign": (Spoiled(spoil=lambda t: {k: -v for k, v in t.items()}), {"descent", *MOMENTS}),
    "one tensor left out": (Spoiled(spoil=first_zero), {"in-span", "descent", *MOMENTS}),
    "wrong declared variance": (Honest({"relative_error": 5.0}), {"relative-error"}),
    "a mean of one tangent of many": (Directional(k=16, aggregation=FirstAlone()), {"relative-error", "chunks"}),
    "declares to be exact": (Honest({"exact": True, "relative_error": None}), {"exact", "unbiased"}),
    "not exact at full budget": (NoBudget(), {"exact-at-full-budget"}),
    "not in the span it declares": (Spoiled(spoil=off_the_span), {"in-span", "descent"}),
    "names no tangents": (NoTangents(), {"in-span"}),
    "clips": (Spoiled(spoil=lambda t: {k: v.clamp(-50, 50) for k, v in t.items()}), {"scale-equivariance"}),
    "adds samples up": (Summed(), {"linearity"}),
    "looks at the first sample": (Drawn(source=by_first_sample), {"permutation"}),
    "depends on its step": (Stepped(), {"step-invariance"}),
    "a projection that takes a length for granted": (
        Directional(k=1, directions=Sphere(), aggregation=OfLengthRootN()),
        {"length-invariance", "exact-at-full-budget"},
    ),
    "tangents by place instead of index": (Directional(k=3, directions=ByPlace()), {"chunks"}),
}
