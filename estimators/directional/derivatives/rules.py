"""Rules by which a value and its tangents go through an operation of torch together.

Elementwise rules are torch's own derivatives, taken on all tangents at once. A loss is linear in what its input moves by, so its
rule is the product with the loss's own gradient, which is as small as the model's output. On a CPU maxima over windows are found
in a copy whose channels lie side by side: there torch compares many of them at once, elsewhere one number after the other.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from estimators.directional.derivatives.convolution_rules import convolution
from estimators.directional.derivatives.linear_rules import linear
from estimators.directional.derivatives.pushed import Pushed, halves, needs

aten = torch.ops.aten

Rule = Callable[..., Pushed]
"""Called as the operation is, with `Pushed` in the places of tensors that move."""

_CHANNELS_LAST = torch.channels_last
_MANY_CHANNELS = 8  # of fewer the copy costs more than it spares
_REDUCTIONS = {"mean": 1, "sum": 2}  # as torch numbers them


def _relu(x: Pushed, inplace: bool = False) -> Pushed:
    needs(not inplace, "an operation in place")
    return rectified(x, _like(x))


def rectified(x: Pushed, y: Pushed) -> Pushed:
    """The rule of ReLU, into given memory, which may be that of its input."""
    torch.clamp_min(x.value, 0, out=y.value)
    aten.threshold_backward.grad_input(x.tangents, _beside(y.value, x.tangents), 0, grad_input=y.tangents)
    return y


def _tanh(x: Pushed) -> Pushed:
    y = _like(x)
    torch.tanh(x.value, out=y.value)
    aten.tanh_backward.grad_input(x.tangents, _beside(y.value, x.tangents), grad_input=y.tangents)
    return y


def _gelu(x: Pushed, approximate: str = "none") -> Pushed:
    y, value = _like(x), _beside(x.value, x.tangents)
    aten.gelu.out(x.value, approximate=approximate, out=y.value)
    aten.gelu_backward.grad_input(x.tangents, value, approximate=approximate, grad_input=y.tangents)
    return y


def _like(x: Pushed) -> Pushed:
    """Memory of the shape of a value and its tangents, one where theirs is."""
    if x.both is None:
        return Pushed(torch.empty_like(x.value), torch.empty_like(x.tangents))
    return halves(torch.empty_like(x.both))


def _times(x: Pushed, other: float) -> Pushed:
    needs(isinstance(x, Pushed) and isinstance(other, int | float), "a product of two tensors")
    return Pushed(x.value * other, x.tangents * other)


def _dropout(x: Pushed, p: float = 0.5, training: bool = True, inplace: bool = False) -> Pushed:
    needs(not training and not inplace, "units that are dropped")
    return x


def _beside(value: Tensor, tangents: Tensor) -> Tensor:
    """The value in the tangents' shape."""
    return value if value.dim() == tangents.dim() else value.expand_as(tangents)


def _reshaped(func: Callable[..., Tensor], x: Pushed, *shape: Any, **options: Any) -> Pushed:
    needs(not any(isinstance(argument, torch.dtype) for argument in (*shape, *options.values())), "a view of another dtype")
    value = func(x.value, *shape, **options)
    if value.shape == x.value.shape:
        return Pushed(value, x.tangents)
    return Pushed(value, x.tangents.reshape((*_several(x), *value.shape)))


def _max_pool2d(
    x: Pushed,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Pushed:
    needs(not return_indices and x.value.dim() == 4, "pooling that gives its indices, or of one sample")
    inputs = x.value
    copied = inputs.device.type == "cpu" and inputs.shape[1] >= _MANY_CHANNELS and inputs.is_contiguous()
    if copied:
        inputs = inputs.contiguous(memory_format=_CHANNELS_LAST)
    value, places = functional.max_pool2d_with_indices(inputs, kernel_size, stride, padding, dilation, ceil_mode)
    if copied:
        del inputs
        value = value.contiguous()
    several, places = _several(x), places.flatten(2)
    moved = x.tangents.flatten(-2).gather(-1, places.expand(*several, -1, -1, -1) if several else places)
    return Pushed(value, moved.view(*several, *value.shape))


def _several(x: Pushed) -> tuple[int, ...]:
    """(k,), or () for a single tangent without a dimension of its own."""
    return x.tangents.shape[: x.tangents.dim() - x.value.dim()]


def _cross_entropy(
    x: Pushed,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Pushed:
    usual = weight is None and size_average is None and reduce is None and label_smoothing == 0 and reduction in _REDUCTIONS
    needs(usual and isinstance(x, Pushed) and isinstance(target, Tensor), "a loss of another form")
    needs(x.value.dim() == 2 and not target.is_floating_point(), "targets that are no classes")
    logs, how = torch.log_softmax(x.value, 1), _REDUCTIONS[reduction]
    value, total = aten.nll_loss_forward.default(logs, target, None, how, ignore_index)
    slopes = aten.nll_loss_backward.default(torch.ones_like(value), logs, target, None, how, ignore_index, total)
    return _along(value, torch._log_softmax_backward_data(slopes, logs, 1, logs.dtype), x)


def _mse_loss(
    x: Pushed,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Pushed:
    usual = weight is None and size_average is None and reduce is None and reduction in _REDUCTIONS
    needs(usual and isinstance(x, Pushed) and isinstance(target, Tensor), "a loss of another form")
    needs(x.value.shape == target.shape and x.value.dtype == target.dtype, "targets that are broadcast")
    value = functional.mse_loss(x.value, target, reduction=reduction)
    return _along(value, aten.mse_loss_backward.default(torch.ones_like(value), x.value, target, _REDUCTIONS[reduction]), x)


def _along(value: Tensor, gradient: Tensor, x: Pushed) -> Pushed:
    """A loss, and ⟨gradient, tangent⟩ for each of what its input moves by; the gradient is written to."""
    needs(gradient.numel() > 0, "no samples")
    if not _several(x):
        return Pushed(value, gradient.mul_(x.tangents).sum())
    moved = torch.mv(x.tangents.reshape(-1, gradient.numel()), gradient.reshape(-1))
    return Pushed(value, moved.view(_several(x)))


LOSSES: Mapping[Callable[..., Any], Rule] = {functional.cross_entropy: _cross_entropy, functional.mse_loss: _mse_loss}
"""Loss function of torch -> its rule."""

RULES: Mapping[Callable[..., Any], Rule] = {
    functional.linear: linear,
    **{func: partial(convolution, func) for func in (torch.conv1d, torch.conv2d, torch.conv3d)},
    **dict.fromkeys((functional.relu, torch.relu, Tensor.relu), _relu),
    **dict.fromkeys((torch.tanh, Tensor.tanh), _tanh),
    functional.gelu: _gelu,
    **dict.fromkeys((torch.mul, Tensor.mul, Tensor.__mul__, Tensor.__rmul__), _times),
    functional.dropout: _dropout,
    **{func: partial(_reshaped, func) for func in (torch.flatten, Tensor.flatten, torch.reshape, Tensor.reshape, Tensor.view)},
    functional.max_pool2d: _max_pool2d,
    **LOSSES,
}
"""Operation of torch -> its rule."""
