"""ReLU with one bit an entry saved: its derivative is 1 or 0, which is all that its backward pass needs to know.

Without this a ReLU saves its output. Backprop saves that tensor anyway, as the input of the next layer; where that layer saves
less, it would be saved for the ReLU alone. The derivative is exact.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

from estimators.approximate.layers import transformed
from estimators.directional.derivatives.treatments import Treatment

_GATHER = 0x0102040810204080
"""Times eight bytes that are 0 or 1, this has them as the bits of its highest byte, the first as the lowest bit."""


class Bits(NamedTuple):
    """Which entries of a tensor are positive.

    Attributes:
        octets: eight entries a byte, in the order of dimensions.
        shape: of the tensor.
        dtype: of the tensor.
    """

    octets: Tensor
    shape: torch.Size
    dtype: torch.dtype


def packed(x: Tensor) -> Bits:
    """The signs of a tensor; what is no number counts as positive, as it does for torch."""
    count = x.numel()
    flags = torch.zeros(-(-count // 8) * 8, dtype=torch.bool, device=x.device)
    torch.le(x.flatten(), 0, out=flags[:count])
    words = flags.logical_not_().view(torch.int64)
    return Bits(words.mul_(_GATHER).bitwise_right_shift_(56).to(torch.uint8), x.shape, x.dtype)


def unpacked(bits: Bits) -> Tensor:
    """1 where the tensor was positive, 0 elsewhere."""
    ones = _patterns(bits.dtype, bits.octets.device).index_select(0, bits.octets.int())
    return ones.view(-1)[: bits.shape.numel()].view(bits.shape)


def _by_signs(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    if transformed():
        return func(*args, **kwargs)
    with saved_tensors_hooks(packed, unpacked):
        return func(*args, **kwargs)


SIGNS: dict[Callable[..., Any], Treatment] = dict.fromkeys(
    (functional.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_), _by_signs
)
"""The ways to call ReLU -> the one that saves signs."""


@cache
def _patterns(dtype: torch.dtype, device: torch.device) -> Tensor:
    """[256, 8]: row b holds the bits of b."""
    return (torch.arange(256, device=device).unsqueeze(1) >> torch.arange(8, device=device) & 1).to(dtype)
