"""Keep forward mode from multiplying by the zero tangent of an input, or of a weight, that carries none.

torch's forward mode replaces the missing tangent of a matrix product's operand by a dense zero and multiplies it: for the first
layer of a network, whose input is data, that is a whole product too many (714.9 instead of 612.1 MFLOP on the
784-1024-1024-10 perceptron at batch 64, and as much for each of several tangents). Treated, a linear or convolution layer whose
input is no dual tensor takes its tangent from its weights alone, and one whose weights are none (a frozen layer, a block that is
not perturbed) from its input alone. Layers are known by the functions that they call, in whatever form; those within multi-head
attention among them. Left as they are: products written out by hand (`x @ W.T`, `addmm`, `einsum`) and recurrent layers, whose
kernels multiply by themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from estimators.directional.derivatives.duals import make_dual, unpack_dual
from estimators.directional.derivatives.treatments import Treatment, differentiates_by_itself
from estimators.directional.placeholder import Placeholder

_OPERANDS = ("input", "weight", "bias")  # as torch names the first arguments of every layer

_NARROW = 64  # outputs up to which one product for all tangents, and a transposition, are faster than a product for each

Product = Callable[..., Tensor]
"""A layer's function of (input, weight, bias, ...)."""


def _untouched_input(func: Product, args: Sequence[Any], kwargs: Mapping[str, Any], along: Product | None = None) -> Any:
    """f(x, W, b) with a plain x as the dual of f(x, W, b) and f(x, dW, db), with a plain W of f(x, W, b) and f(dx, W, db).

    The product for a plain x is taken by `along` where that is given. Where only b carries a tangent there is none.
    """
    given = {**dict(zip(_OPERANDS, args, strict=False)), **kwargs}
    if "weight" not in given or differentiates_by_itself():
        return func(*args, **kwargs)
    x, weight, bias = (given.pop(name, None) for name in _OPERANDS)
    moving = _moves(x), _moves(weight)
    if moving == (False, False) and bias is not None and _moves(bias):
        plain = func(x, weight, None, *args[3:], **given)
        bias = bias.to(plain.dtype)  # autocast computes in a narrower one
        return plain + (bias if weight.dim() == 2 else bias.view(-1, *[1] * (weight.dim() - 2)))
    if moving[0] == moving[1]:
        return func(*args, **kwargs)
    (x, x_tangent), (weight, weight_tangent) = unpack_dual(x), unpack_dual(weight)
    bias, bias_tangent = (None, None) if bias is None else unpack_dual(bias)
    primal = func(x, weight, bias, *args[3:], **given)
    if weight_tangent is None:
        return make_dual(primal, func(x_tangent, weight, bias_tangent, *args[3:], **given))
    return make_dual(primal, (along or func)(x, weight_tangent, bias_tangent, *args[3:], **given))


def _moves(tensor: Tensor) -> bool:
    """Whether a tensor carries a tangent; a placeholder, which would be made to find out, always makes one that does."""
    return isinstance(tensor, Placeholder) or unpack_dual(tensor)[1] is not None


def _untouched_input_of_several(func: Product, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The same for a linear layer in a pass of several tangents."""
    return _untouched_input(func, args, kwargs, along=_product)


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """What `linear` gives; where it has few outputs as (W xᵀ)ᵀ, which for many W and one x is a single matrix product."""
    if x.dim() != 2 or weight.shape[0] > _NARROW:
        return functional.linear(x, weight, bias)
    product = (weight @ x.t()).t()
    return product if bias is None else product + bias


LAYERS: dict[Callable[..., Any], Treatment] = dict.fromkeys(
    (
        functional.linear,
        *(functional.conv1d, functional.conv2d, functional.conv3d),
        *(functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d),
    ),
    _untouched_input,
)
"""Layers whose input may be data."""

LAYERS_OF_SEVERAL: dict[Callable[..., Any], Treatment] = {**LAYERS, functional.linear: _untouched_input_of_several}
"""The same in a pass of several tangents."""
