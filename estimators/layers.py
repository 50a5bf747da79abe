"""Dense and convolutional layers as calls of torch's functions: what they do to their input, forwards and backwards.

A layer is bilinear in its input and its weight. So the input's gradient needs no activations: shapes, and a weight, which may be
another than that of the forward pass; and the weight's gradient is a sum over rows of the input, which may be others. Which ones
these are, is no matter of this file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional, grad


@dataclass(frozen=True)
class Call:
    """One call of a layer.

    Attributes:
        shape: of the input, as it was handed in.
        weight: of the layer.
        bias: of the layer, where it has one.
        groups: of the outputs, each of which sees its own part of the inputs.
        batched: the input as the layer's operation takes it, with a single dimension of samples before its own; differentiable.
        run: that operation; its output is no view.
        shaped: brings what `run` gives into the shape that the call returns.
        transposed: (gradient of what `run` gives, weight) -> the gradient that `batched` has where a layer has that weight; holds
            no tensor.
        for_weight: (gradient of what `run` gives, what it was given, shape) -> the gradient of a weight of this shape; a sum over
            the first dimension, bilinear in both. Holds no tensor.
    """

    shape: torch.Size
    weight: Tensor
    bias: Tensor | None
    groups: int
    batched: Tensor
    run: Callable[[Tensor], Tensor]
    shaped: Callable[[Tensor], Tensor]
    transposed: Callable[[Tensor, Tensor], Tensor]
    for_weight: Callable[[Tensor, Tensor, torch.Size], Tensor]


def dense(func: Callable[..., Tensor], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
    """A call of `linear`: y = x Wᵀ + b over the last dimension."""
    given = arguments(args, kwargs)
    x, weight, bias = given["input"], given["weight"], given.get("bias")
    return Call(
        shape=x.shape,
        weight=weight,
        bias=bias,
        groups=1,
        batched=x.reshape(-1, x.shape[-1]),
        run=lambda rows: func(rows, weight, bias),
        shaped=lambda rows: rows.view(*x.shape[:-1], rows.shape[-1]),
        transposed=torch.matmul,  # [rows, outputs] times W, which is [outputs, inputs]
        for_weight=lambda gradient, rows, size: gradient.mT @ rows,
    )


def convolution(func: Callable[..., Tensor], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
    """A call of `conv1d`, `conv2d` or `conv3d`, of a batch or of a single sample."""
    given = arguments(args, kwargs)
    x, weight, bias = given["input"], given["weight"], given.get("bias")
    dimensions = weight.dim() - 2
    single = x.dim() == dimensions + 1
    options = {name: given.get(name, default) for name, default in _OPTIONS.items()}
    batched = x.unsqueeze(0) if single else x
    if isinstance(options["padding"], str):
        batched = functional.pad(batched, _zeros_around(weight, options))
        options["padding"] = 0
    return Call(
        shape=x.shape,
        weight=weight,
        bias=bias,
        groups=options["groups"],
        batched=batched,
        run=lambda images: func(images, weight, bias, **options),
        shaped=lambda images: images.squeeze(0) if single else images,
        transposed=partial(_transposed, _INPUT_GRADIENTS[dimensions], batched.shape, options),
        for_weight=partial(_for_weight, _WEIGHT_GRADIENTS[dimensions], options),
    )


def arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a layer's function by their names."""
    return {**dict(zip(("input", "weight", "bias", *_OPTIONS), args, strict=False)), **kwargs}


LAYERS: dict[Callable[..., Any], Callable[[Callable[..., Tensor], Sequence[Any], Mapping[str, Any]], Call]] = {
    functional.linear: dense,
    torch.conv1d: convolution,
    torch.conv2d: convolution,
    torch.conv3d: convolution,
}
"""The functions of torch that are layers -> how their arguments are read."""

_OPTIONS: dict[str, Any] = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}  # in the order of a convolution's arguments

_INPUT_GRADIENTS = {1: grad.conv1d_input, 2: grad.conv2d_input, 3: grad.conv3d_input}

_WEIGHT_GRADIENTS = {1: grad.conv1d_weight, 2: grad.conv2d_weight, 3: grad.conv3d_weight}


def opened(func: Any) -> Callable[..., Any]:
    """A function of torch that hands itself to modes as a whole, made into one that hands them the calls in its body."""
    body = FunctionType(func.__code__, {**func.__globals__, "has_torch_function": _nobody}, func.__name__, func.__defaults__)
    body.__kwdefaults__ = func.__kwdefaults__
    return body


def _nobody(tensors: Sequence[Any]) -> bool:
    return False


def _transposed(
    input_gradient: Callable[..., Tensor], shape: torch.Size, options: Mapping[str, Any], gradient: Tensor, weight: Tensor
) -> Tensor:
    return input_gradient(shape, weight, gradient, **options)


def _for_weight(
    weight_gradient: Callable[..., Tensor], options: Mapping[str, Any], gradient: Tensor, x: Tensor, shape: torch.Size
) -> Tensor:
    return weight_gradient(x, shape, gradient, **options)


def _zeros_around(weight: Tensor, options: Mapping[str, Any]) -> list[int]:
    """For `functional.pad`: none for padding `valid`; for `same`, as many as keep the size, an odd one at the end."""
    sizes, dilation = weight.shape[2:], options["dilation"]
    dilations = [dilation] * len(sizes) if isinstance(dilation, int) else list(dilation) * (len(sizes) // len(dilation))
    both = [step * (size - 1) if options["padding"] == "same" else 0 for step, size in zip(dilations, sizes, strict=True)]
    return [side for total in reversed(both) for side in (total // 2, total - total // 2)]
