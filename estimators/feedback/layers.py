"""Dense and convolutional layers as calls of torch's functions: what they do to their input, forwards and backwards.

A layer is linear in its input, so the way back needs no activations: shapes, and a weight, which may be another than that of the
forward pass. Which one it is, is no matter of this file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
        batched: the input as the layer's operation takes it, with a single dimension of samples before its own; differentiable.
        run: that operation; its output is no view.
        shaped: brings what `run` gives into the shape that the call returns.
        transposed: (gradient of what `run` gives, weight) -> the gradient that `batched` has where a layer has that weight; holds
            no tensor.
    """

    shape: torch.Size
    weight: Tensor
    batched: Tensor
    run: Callable[[Tensor], Tensor]
    shaped: Callable[[Tensor], Tensor]
    transposed: Callable[[Tensor, Tensor], Tensor]


def dense(func: Callable[..., Tensor], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
    """A call of `linear`: y = x Wᵀ + b over the last dimension."""
    given = arguments(args, kwargs)
    x, weight = given["input"], given["weight"]
    return Call(
        shape=x.shape,
        weight=weight,
        batched=x.reshape(-1, x.shape[-1]),
        run=lambda rows: func(rows, weight, given.get("bias")),
        shaped=lambda rows: rows.view(*x.shape[:-1], rows.shape[-1]),
        transposed=torch.matmul,  # [rows, outputs] times W, which is [outputs, inputs]
    )


def convolution(func: Callable[..., Tensor], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
    """A call of `conv1d`, `conv2d` or `conv3d`, of a batch or of a single sample."""
    given = arguments(args, kwargs)
    x, weight = given["input"], given["weight"]
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
        batched=batched,
        run=lambda images: func(images, weight, given.get("bias"), **options),
        shaped=lambda images: images.squeeze(0) if single else images,
        transposed=partial(_transposed, _INPUT_GRADIENTS[dimensions], batched.shape, options),
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


def _transposed(
    input_gradient: Callable[..., Tensor], shape: torch.Size, options: Mapping[str, Any], gradient: Tensor, weight: Tensor
) -> Tensor:
    return input_gradient(shape, weight, gradient, **options)


def _zeros_around(weight: Tensor, options: Mapping[str, Any]) -> list[int]:
    """For `functional.pad`: none for padding `valid`; for `same`, as many as keep the size, an odd one at the end."""
    sizes, dilation = weight.shape[2:], options["dilation"]
    dilations = [dilation] * len(sizes) if isinstance(dilation, int) else list(dilation) * (len(sizes) // len(dilation))
    both = [step * (size - 1) if options["padding"] == "same" else 0 for step, size in zip(dilations, sizes, strict=True)]
    return [side for total in reversed(both) for side in (total // 2, total - total // 2)]
