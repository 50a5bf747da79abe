"""Aggregations: how k directional derivatives and their tangents make one estimate, Σ cᵢ vᵢ."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from estimators.directional.space import Tangents


class Aggregation(ABC):
    """A choice of the coefficients c.

    Attributes:
        law: its name in `estimators.theory`.
        linear: whether c is linear in the derivatives.
        homogeneous: whether derivatives times a number, of either sign, give c times that number.
        of_derivatives: whether c follows from the derivatives and the number of coordinates alone.
    """

    law: ClassVar[str]
    linear: ClassVar[bool] = True
    homogeneous: ClassVar[bool] = True
    of_derivatives: ClassVar[bool] = False

    def products(self, k: int) -> float:
        """Multiplications for each coordinate, as matrix products, that the coefficients take."""
        return 0.0

    @abstractmethod
    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """The coefficients of Σ cᵢ vᵢ.

        Args:
            tangents: block name -> [k, *shape].
            derivatives: [k]; or [k, m] of m losses along the same tangents, of which each is treated by itself.

        Returns:
            Of the derivatives' shape.
        """
