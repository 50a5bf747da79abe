"""Parameters that move by what is made when an operation wants it, for `derivatives.pushforward`; dense layers take factors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from estimators.directional.derivatives.linear_rules import add_product, by_weight
from estimators.directional.derivatives.pushed import Pushed, parts
from estimators.directional.derivatives.pushforward import Moving, within_a_transform
from estimators.directional.factored import added, arguments
from estimators.estimator import Factors


class MovingWhenUsed(Moving):
    """Stands for a parameter whose tangent is made for every operation anew, and dropped after it.

    Attributes:
        value: of the parameter.
        make: gives what it moves by, of its shape.
    """

    value: Tensor
    make: Callable[[], Tensor]

    @staticmethod
    def __new__(cls, value: Tensor, make: Callable[[], Tensor]) -> "MovingWhenUsed":
        """Keep them."""
        moving: MovingWhenUsed = Tensor._make_wrapper_subclass(cls, value.shape, dtype=value.dtype, device=value.device)
        moving.value, moving.make = value, make
        return moving

    @property
    def pushed(self) -> Pushed:  # type: ignore[override]
        """With the tangent."""
        return Pushed(self.value, self.make())


class MovingByFactors(MovingWhenUsed):
    """Stands for a matrix that moves by a product of factors; what is no dense layer gets the product formed.

    Attributes:
        factors: gives them.
    """

    factors: Callable[[], Factors]

    @staticmethod
    def __new__(cls, value: Tensor, factors: Callable[[], Factors]) -> "MovingByFactors":
        """Keep them."""
        moving: MovingByFactors = Tensor._make_wrapper_subclass(cls, value.shape, dtype=value.dtype, device=value.device)
        moving.value, moving.factors, moving.make = value, factors, lambda: factors().product(tuple(value.shape))
        return moving

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
    (x, dx, both), (b, db, _) = parts(moving), parts(bias.pushed if isinstance(bias, Moving) else bias)
    factors = weight.factors()
    if x.dim() == 2:
        y = by_weight(x, dx, both, weight.value, b, db)
        add_product(y.tangents, x @ factors.right, factors.left)
        return y
    value = functional.linear(x, weight.value, b)
    if dx is None:
        return Pushed(value, functional.linear(x @ factors.right, factors.left, db))
    return Pushed(value, added(functional.linear(dx, weight.value, db), x, factors))
