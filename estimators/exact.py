"""Reverse mode: backprop, and backprop that recomputes activations; forward mode is a directional estimator."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.objective import MissingCapability, ModuleObjective, Objective
from estimators.perceptron import first_share

Layer = TypeVar("Layer")


@dataclass(frozen=True)
class Backprop(Estimator):
    """The exact gradient by reverse mode: three forward passes for dense layers, less the first layer's input gradient.

    Memory: the activations of all layers. The reference that quality is measured against.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2))
        >>> estimate, _ = Backprop().estimate(objective, None, generator=torch.Generator())
        >>> estimate.gradient["x"]
        tensor([2., 2.])
    """

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        """See `Estimator.estimate`; draws nothing."""
        with torch.enable_grad():
            return backward(objective, objective.loss()), None

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; its multiple is that of a perceptron of these weights, None for other models."""
        first = first_share(shapes)
        return _exact_declaration(None if first is None else 3.0 - first, 1, frozenset())


@dataclass(frozen=True)
class CheckpointedBackprop(Estimator):
    """The exact gradient by reverse mode that keeps the activations of segment ends only and computes the rest again.

    A sequential model of L layers runs in s segments of L/s layers, all but the last recomputed: 4 - 1/s forward passes at most,
    and the activations of about s + L/s layers, least for s = √L. Source: Chen et al. 2016, arXiv 1604.06174.

    Args:
        segments: s, from 1 (plain backprop) to L; None for √L, rounded down.
    """

    segments: int | None = None

    def __post_init__(self) -> None:
        """Check the bound."""
        if self.segments is not None and self.segments < 1:
            raise ValueError(f"segments must be 1 or more, got {self.segments}")

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        """See `Estimator.estimate`; draws nothing.

        Raises:
            MissingCapability: the objective is not the loss of an `nn.Sequential`, or that has fewer layers than segments.
        """
        inner = getattr(objective, "objective", objective)
        if not isinstance(inner, ModuleObjective) or not isinstance(inner.module, nn.Sequential):
            raise MissingCapability("module", "checkpointing runs an nn.Sequential segment by segment; this is not one")
        segments = self._cut(list(inner.module))
        with torch.enable_grad(), inner.kept_buffers():
            return backward(objective, inner.run(_segmented(segments, draws=inner.draws))), None

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; its multiple is that of a perceptron of these weights.

        None where there are weights of more than two dimensions: what a convolution takes does not follow from its weights.
        """
        weights = [math.prod(shape) for shape in shapes.values() if len(shape) == 2]
        dense = all(len(shape) <= 2 for shape in shapes.values())
        return _exact_declaration(self._multiple(weights) if dense else None, 1, frozenset({"module"}))

    def _multiple(self, weights: list[int]) -> float | None:
        """Forward passes for dense layers of so many weights, in order, with an activation between each two.

        Three, less the first layer's input gradient, and what runs twice. A segment runs again up to the last thing that its
        backward pass needs, which for a dense layer is its input: the one at a segment's end does not run again.

        Returns:
            None where there are fewer layers than segments.
        """
        layers = [each for weight in weights for each in (weight, 0)][:-1]
        try:
            segments = self._cut(layers)
        except MissingCapability:
            return None
        twice = sum(sum(segment[:-1]) for segment in segments[:-1])
        return 3.0 + (twice - weights[0]) / sum(weights) if weights else None

    def _cut(self, layers: list[Layer]) -> list[list[Layer]]:
        """The segments, as equally long as can be, longer ones first."""
        count = max(1, math.isqrt(len(layers))) if self.segments is None else self.segments
        if count > len(layers):
            raise MissingCapability("module", f"{count} segments need as many layers; this nn.Sequential has {len(layers)}")
        length, longer = divmod(len(layers), count)
        ends = [length * i + min(i, longer) for i in range(count + 1)]
        return [layers[start:end] for start, end in pairwise(ends)]


def _exact_declaration(multiple: float | None, calls: int, needs: frozenset[str]) -> Declaration:
    return Declaration(
        unbiased=True,
        exact=True,
        stochastic=False,
        relative_error=0.0,
        eta=1.0,
        forward_multiple=multiple,
        forward_calls=calls,
        memory="activations",
        needs=needs,
        records_tape=True,
    )


def backward(objective: Objective, loss: Tensor) -> DenseEstimate:
    """Follow the tape of a loss back to the parameters; those that it does not depend on have a zero gradient."""
    leaves = objective.parameters
    gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    return DenseEstimate(loss.detach(), dict(zip(leaves, gradients, strict=True)))


def _segmented(segments: list[list[nn.Module]], *, draws: bool) -> Callable[[Tensor], Tensor]:
    """The model as a function that checkpoints all its segments but the last.

    Where it draws random numbers their state is kept, so that the recomputation draws the same.
    """

    def forward(x: Tensor) -> Tensor:
        for segment in segments[:-1]:
            x = checkpoint(_chain, segment, x, use_reentrant=False, preserve_rng_state=draws)
        return _chain(segments[-1], x)

    return forward


def _chain(layers: Sequence[Callable[[Any], Any]], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x
