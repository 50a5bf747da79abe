"""How a convolution pushes tangents forward: dy = x * dW + dx * W + db, with as few calls as there are products to tell apart.

A call of a library for convolutions costs more than the arithmetic of a small layer. Products that share the input are therefore
channels of one output, and those that are added up, of few numbers, channels of one input.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from estimators.directional.derivatives.pushed import Pushed, needs, parts

_FEW = 1 << 15  # numbers of an input that is copied beside its tangent: of larger ones the copy is what memory peaks at


def convolution(
    func: Callable[..., Tensor],
    inputs: Tensor | Pushed,
    weight: Tensor | Pushed,
    bias: Tensor | Pushed | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Pushed:
    """The rule of `torch.conv1d`, `conv2d` and `conv3d`, for batches and one group."""
    (x, dx, _), (w, dw, _), (b, db, _) = parts(inputs), parts(weight), parts(bias)
    needs(x.dim() == w.dim() and groups == 1, "one sample, or groups")
    needs(dx is not None or dw is not None, "only the bias moves")

    def convolved(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return func(x, weight, bias, stride, padding, dilation)

    if dx is None:
        return _by_weights(convolved, x, w, dw, b, db)
    value = convolved(x, w, b)
    if dx.dim() > x.dim():
        return Pushed(value, _several(convolved, x, dx, w, dw, db))
    if dw is None:
        return Pushed(value, convolved(dx, w, db))
    if x.numel() <= _FEW:
        return Pushed(value, convolved(torch.cat((dx, x), 1), torch.cat((w, dw), 1), db))
    moved = convolved(dx, w, db)
    moved += convolved(x, dw, None)
    return Pushed(value, moved)


_Convolved = Callable[[Tensor, Tensor, Tensor | None], Tensor]


def _by_weights(convolved: _Convolved, x: Tensor, weight: Tensor, dw: Tensor, bias: Tensor | None, db: Tensor | None) -> Pushed:
    """For an input that does not move, where value and tangents are channels of one output."""
    channels = len(weight)
    weights = torch.cat((weight, dw.view(-1, *weight.shape[1:])))
    biases = None
    if bias is not None:
        biases = torch.cat((bias, bias.new_zeros(len(weights) - channels) if db is None else db.flatten()))
    value, moved = convolved(x, weights, biases).split((channels, len(weights) - channels), 1)
    return Pushed(value, moved if dw.dim() == weight.dim() else _apart(moved, len(dw)))


def _several(convolved: _Convolved, x: Tensor, dx: Tensor, weight: Tensor, dw: Tensor | None, db: Tensor | None) -> Tensor:
    """[k, B, ...] from x [B, ...], dx [k, B, ...], dw [k, ...] and db [k, channels]."""
    k = len(dx)
    moved: Tensor = convolved(dx.flatten(0, 1), weight, None).unflatten(0, (k, -1))
    if dw is not None:
        moved += _apart(convolved(x, dw.flatten(0, 1), None if db is None else db.flatten()), k)
    elif db is not None:
        moved += db.view(k, 1, -1, *[1] * (x.dim() - 2))
    return moved


def _apart(y: Tensor, k: int) -> Tensor:
    """[B, k channels, ...] -> [k, B, channels, ...]."""
    apart: Tensor = y.unflatten(1, (k, -1))
    return apart.transpose(0, 1)
