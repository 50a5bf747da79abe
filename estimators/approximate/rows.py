"""Layers that keep some rows for their weight's gradient, which stand for all rows of the input.

That gradient is a sum over rows, bilinear in δ and x. So with rows x̃ = Rᵀ x kept in the forward pass and δ̃ = Qᵀ δ formed in the
backward pass it is right on average where E[Q Rᵀ] = I. The input's gradient and the bias's are exact: no error travels on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from estimators.approximate.layers import Replacement
from estimators.layers import Call


@dataclass(frozen=True)
class Kept:
    """What a layer keeps of its input, s rows in place of all.

    Attributes:
        rows: x̃, [s, ...].
        matching: δ, [rows, ...] -> δ̃, [s, ...]. Holds no tensor that is as large as a row.
    """

    rows: Tensor
    matching: Callable[[Tensor], Tensor]


Reduction = Callable[[Tensor], Kept]
"""x, [rows, ...] -> what is kept of it."""


def reduced(reduction: Reduction) -> Replacement:
    """Layers that keep what `reduction` says."""

    def replacement(call: Call) -> Tensor:
        y: Tensor = _Reduced.apply(call.batched, call.weight, call.bias, call, reduction)  # type: ignore[no-untyped-call]
        return y

    return replacement


def everything(x: Tensor) -> Kept:
    """All rows as they are: backprop."""
    return Kept(x, lambda delta: delta)


def bias_gradient(delta: Tensor) -> Tensor:
    """δ, [rows, outputs, ...], summed over all but the outputs."""
    return delta.sum([dimension for dimension in range(delta.dim()) if dimension != 1])


class _Reduced(torch.autograd.Function):
    """A layer with its weight's gradient from the rows kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, call: Call, reduction: Reduction) -> Tensor:
        kept = reduction(x)
        ctx.save_for_backward(weight, kept.rows)
        ctx.matching, ctx.transposed, ctx.for_weight = (
            kept.matching,
            call.transposed,
            call.for_weight,
        )  # not the call, which has x
        return call.run(x)

    @staticmethod
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor | None, ...]:
        weight, rows = ctx.saved_tensors
        for_x, for_weight, for_bias = ctx.needs_input_grad[:3]
        kind = delta.dtype  # the parameters' own, but for autocast
        return (
            ctx.transposed(delta, weight.to(kind)) if for_x else None,
            ctx.for_weight(ctx.matching(delta), rows.to(kind), weight.shape) if for_weight else None,
            bias_gradient(delta) if for_bias else None,
            None,
            None,
        )
