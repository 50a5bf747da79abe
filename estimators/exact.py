"""Reverse mode: backprop, and backprop that recomputes activations; forward mode is a directional estimator."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.objective import MissingCapability, ModuleObjective, Objective


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
            return _backward(objective, objective.loss()), None

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`."""
        return _exact_declaration(3.0, 1, frozenset())


@dataclass(frozen=True)
class CheckpointedBackprop(Estimator):
    """The exact gradient by reverse mode that keeps the activations of segment ends only and computes the rest again.

    A sequential model of L layers runs in √L segments, all but the last recomputed: at most four forward passes, about √L layers'
    activations. Source: Chen et al. 2016, arXiv 1604.06174.
    """

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        """See `Estimator.estimate`; draws nothing.

        Raises:
            MissingCapability: the objective is not the loss of an `nn.Sequential`.
        """
        inner = getattr(objective, "objective", objective)
        if not isinstance(inner, ModuleObjective) or not isinstance(inner.module, nn.Sequential):
            raise MissingCapability("module", "checkpointing runs an nn.Sequential segment by segment; this is not one")
        with torch.enable_grad(), inner.kept_buffers():
            return _backward(objective, inner.run(_segmented(inner.module, draws=inner.draws))), None

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`."""
        return _exact_declaration(4.0, 1, frozenset({"module"}))


def _exact_declaration(multiple: float, calls: int, needs: frozenset[str]) -> Declaration:
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


def _backward(objective: Objective, loss: Tensor) -> DenseEstimate:
    leaves = objective.parameters
    gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    return DenseEstimate(loss.detach(), dict(zip(leaves, gradients, strict=True)))


def _segmented(module: nn.Sequential, *, draws: bool) -> Callable[[Tensor], Tensor]:
    """The module as a function that checkpoints all its segments but the last.

    Where it draws random numbers their state is kept, so that the recomputation draws the same.
    """
    layers = list(module)
    length = math.ceil(len(layers) / max(1, math.isqrt(len(layers))))
    segments = [layers[start : start + length] for start in range(0, len(layers), length)]

    def forward(x: Tensor) -> Tensor:
        for segment in segments[:-1]:
            x = checkpoint(_chain, segment, x, use_reentrant=False, preserve_rng_state=draws)
        return _chain(segments[-1], x)

    return forward


def _chain(layers: Sequence[Callable[[Any], Any]], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x
