"""Dual tensors, made and taken apart by torch's operators for them.

`torch.autograd.forward_ad` makes and unpacks duals by the same two operators, but first reads the environment, imports and asks
whether somebody exports: 2.7 and 1.7 us a call, as long as an operation on a small tensor and several times for every layer.
"""

from functools import cache

import torch
from torch import Tensor

_LEVEL = 0  # torch supports no forward mode within forward mode, so there is one level


def make_dual(primal: Tensor, tangent: Tensor) -> Tensor:
    """A tensor with its tangent; within `torch.autograd.forward_ad.dual_level` only.

    Args:
        primal: of floating point.
        tangent: of the same shape and dtype.
    """
    _derived_rules()
    dual: Tensor = torch._make_dual(primal, tangent, level=_LEVEL)
    return dual


def unpack_dual(tensor: Tensor) -> tuple[Tensor, Tensor | None]:
    """A tensor's own values and its tangent; None where it carries none."""
    primal, tangent = torch._unpack_dual(tensor, level=_LEVEL)
    return primal, tangent


@cache
def _derived_rules() -> None:
    """Register the rules of operations whose forward mode torch derives from decompositions, as its own `make_dual` does."""
    if __debug__:  # torch cannot under -O
        from torch._decomp import decompositions_for_jvp  # noqa: F401
