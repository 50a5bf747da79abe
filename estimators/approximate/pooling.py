"""Max-pooling that saves where its maxima were and nothing else, which is all that its backward pass reads.

Torch saves the input too, of which only the shape is used. Backprop saves that tensor anyway, for the ReLU before; where that one
saves less, it would be saved for the pooling alone. The derivative is exact.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

from estimators.approximate.layers import transformed
from estimators.directional.derivatives.treatments import Treatment


class Form(NamedTuple):
    """What is known of a tensor without its numbers."""

    shape: torch.Size
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device


def packed(tensor: Tensor) -> Tensor | Form:
    """The places of maxima in 32 bits, if they fit; of the input, its form."""
    if tensor.is_floating_point():
        return Form(tensor.shape, tensor.stride(), tensor.dtype, tensor.device)
    return tensor.int()


def unpacked(saved: Tensor | Form) -> Tensor:
    """The places in 64 bits; in place of the input, a tensor of its form that holds anything."""
    if isinstance(saved, Form):
        return torch.empty_strided(saved.shape, saved.stride, dtype=saved.dtype, device=saved.device)
    return saved.long()


def _by_places(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    x = args[0] if args else kwargs["input"]
    if transformed() or x[:1].numel() > torch.iinfo(torch.int32).max:  # places are counted within a sample
        return func(*args, **kwargs)
    with saved_tensors_hooks(packed, unpacked):
        return func(*args, **kwargs)


POOLS: dict[Callable[..., Any], Treatment] = dict.fromkeys(
    (
        functional.max_pool1d,
        functional.max_pool2d,
        functional.max_pool3d,
        functional.adaptive_max_pool1d,
        functional.adaptive_max_pool2d,
        functional.adaptive_max_pool3d,
        torch.max_pool1d,
        torch.max_pool2d,
        torch.max_pool3d,
    ),
    _by_places,
)
"""The ways to call max-pooling -> the one that saves places."""
