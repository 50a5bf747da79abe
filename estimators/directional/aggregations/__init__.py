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
    """

    law: ClassVar[str]
    linear: ClassVar[bool] = True
    homogeneous: ClassVar[bool] = True

    @abstractmethod
    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """The coefficients of Σ cᵢ vᵢ.

        Args:
            tangents: block name -> [k, *shape].
            derivatives: [k].

        Returns:
            [k].
        """
