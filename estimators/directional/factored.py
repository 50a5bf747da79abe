"""Dense layers whose perturbation is a product of thin factors, which is never formed.

For y = x Wᵀ + b and a perturbation A Bᵀ of W the layer's part of it is (x B) Aᵀ: r (rows + columns) products a sample instead of
rows x columns. Other operations on such a parameter get the product, formed for the one call.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from estimators.directional.derivatives.duals import make_dual, unpack_dual
from estimators.directional.derivatives.treatments import Treatment, differentiates_by_itself
from estimators.directional.directions import Directions
from estimators.directional.placeholder import Placeholder
from estimators.directional.space import Block
from estimators.estimator import Factors, Shapes


class FactoredPlaceholder(Placeholder):
    """A placeholder for a matrix that knows what is added to it, or its tangent, as factors.

    Attributes:
        factors: gives them, new ones at every call.
    """

    factors: Callable[[], Factors]

    @classmethod
    def of(cls, value: Tensor, make: Callable[[], Tensor], factors: Callable[[], Factors]) -> "FactoredPlaceholder":
        """Keep all three."""
        placeholder = cls(value, make)
        placeholder.factors = factors
        return placeholder


def taken_for_tangents(otherwise: Treatment) -> Treatment:
    """The treatment of `linear` in a pass with dual tensors: factors are its weight's tangent.

    Args:
        otherwise: how it is treated where the weight has no factors.
    """

    def treatment(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        x, weight, bias = arguments(args, kwargs)
        if not isinstance(weight, FactoredPlaceholder) or differentiates_by_itself():
            return otherwise(func, args, kwargs)
        x, x_tangent = unpack_dual(x)
        bias, bias_tangent = (None, None) if bias is None else unpack_dual(bias)
        primal, factors = func(x, weight.value, bias), weight.factors()
        if x_tangent is None:
            return make_dual(primal, func(x @ factors.right, factors.left, bias_tangent))
        return make_dual(primal, added(func(x_tangent, weight.value, bias_tangent), x, factors))

    return treatment


def _moved(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    x, weight, bias = arguments(args, kwargs)
    differentiated = differentiates_by_itself() or unpack_dual(x)[1] is not None
    if not isinstance(weight, FactoredPlaceholder) or differentiated:
        return func(*args, **kwargs)
    return added(func(x, weight.value, bias), x, weight.factors())


MOVED: dict[Callable[..., Any], Treatment] = {functional.linear: _moved}
"""The treatment of `linear` in a plain pass: factors are added to its weight."""


def products(directions: Directions, shapes: Shapes) -> tuple[float, float]:
    """What dense layers spend on the perturbations of their weights, over a forward pass: by factors, and by the others formed.

    Args:
        directions: the law.
        shapes: of the parameters; the matrices among them are taken for dense layers.
    """
    blocks = matrices(shapes)
    thin = sum(directions.thin(block) * sum(block.shape) for block in blocks)
    formed = sum(block.numel() for block in blocks if not directions.thin(block))
    all_of_them = sum(block.numel() for block in blocks)
    return (thin / all_of_them, formed / all_of_them) if all_of_them else (0.0, 1.0)


def matrices(shapes: Shapes) -> list[Block]:
    """The matrices among parameters of these shapes, which are taken for the weights of dense layers."""
    return [Block(name, shape, torch.float32, torch.device("cpu")) for name, shape in shapes.items() if len(shape) == 2]


def arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Input, weight and bias of `torch.nn.functional.linear`, None where it is not given."""
    given = {**dict(zip(("input", "weight", "bias"), args, strict=False)), **kwargs}
    return given.get("input"), given.get("weight"), given.get("bias")


def added(y: Tensor, x: Tensor, factors: Factors) -> Tensor:
    """Y + (x B) Aᵀ, in the memory of y where that is in one piece and of one dtype.

    Args:
        y: [..., rows]; given up.
        x: [..., columns].
        factors: A [rows, r] and B [columns, r].
    """
    y = y.contiguous()
    flat, thin = y.view(-1, y.shape[-1]), (x @ factors.right).view(-1, factors.right.shape[1])
    if y.dtype != factors.left.dtype:  # under autocast
        return torch.addmm(flat, thin, factors.left.mT).view(y.shape)
    torch.addmm(flat, thin, factors.left.mT, out=flat)
    return y
