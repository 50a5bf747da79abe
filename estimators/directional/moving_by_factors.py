"""Matrices that move by a product of thin factors, for `derivatives.pushforward`: a dense layer takes the factors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from estimators.directional.derivatives.linear_rules import add_product, by_weight
from estimators.directional.derivatives.pushed import Pushed, split
from estimators.directional.derivatives.pushforward import Moving, within_a_transform
from estimators.directional.factored import added, arguments
from estimators.estimator import Factors


class MovingByFactors(Moving):
    """Stands for a parameter; what is no dense layer gets the product formed, for that one call.

    Attributes:
        value: of the parameter.
        factors: of what it moves by.
    """

    value: Tensor
    factors: Factors

    @staticmethod
    def __new__(cls, value: Tensor, factors: Factors) -> "MovingByFactors":
        """Keep them."""
        moving: MovingByFactors = Tensor._make_wrapper_subclass(cls, value.shape, dtype=value.dtype, device=value.device)
        moving.value, moving.factors = value, factors
        return moving

    @property
    def pushed(self) -> Pushed:  # type: ignore[override]
        """With the product, formed anew each time."""
        return Pushed(self.value, self.factors.product(tuple(self.value.shape)))

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """See `Moving.__torch_function__`."""
        if func is functional.linear and not within_a_transform():
            x, weight, bias = arguments(args, kwargs or {})
            if isinstance(weight, MovingByFactors):
                return Moving(_linear(x, weight, bias))
        return super().__torch_function__(func, types, args, kwargs)


def _linear(inputs: Tensor, weight: MovingByFactors, bias: Tensor | None) -> Pushed:
    """Dy = (x B) Aᵀ + dx Wᵀ + db where dW = A Bᵀ."""
    moving = inputs.pushed if isinstance(inputs, Moving) else inputs
    (x, dx), (b, db) = split(moving), split(bias.pushed if isinstance(bias, Moving) else bias)
    left, right = weight.factors
    if x.dim() == 2:
        y = by_weight(moving, weight.value, b, db)
        add_product(y.tangents, x @ right, left)
        return y
    value = functional.linear(x, weight.value, b)
    if dx is None:
        return Pushed(value, functional.linear(x @ right, left, db))
    return Pushed(value, added(functional.linear(dx, weight.value, db), x, weight.factors))
