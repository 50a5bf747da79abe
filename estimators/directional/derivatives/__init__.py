"""Derivatives: how the change of the loss along each tangent is found."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from torch import Tensor

from estimators.directional.space import Space, Tangents
from estimators.estimator import Shapes
from estimators.objective import Objective
from estimators.perceptron import first_share


class Derivatives(NamedTuple):
    """The loss and k directional derivatives.

    Attributes:
        loss: as the space gives it, 0-dimensional or [B], without a tape.
        values: [k] or [k, B], the derivative along each tangent.
    """

    loss: Tensor
    values: Tensor


class Derivative(ABC):
    """A way to take directional derivatives.

    Attributes:
        exact: whether it has no error but rounding, on any objective.
        exact_on_linear: whether it has no error but rounding on linear objectives.
        exact_on_quadratic: the same on quadratics.
        needs: the capabilities it asks of an objective.
        simulated: whether it only imitates a method, with a backward pass of its own: for studies of quality, never of cost.
        carrying: of `forward_multiple`, how much each tangent's way through the layers takes where weights and inputs have one.
    """

    exact: ClassVar[bool]
    exact_on_linear: ClassVar[bool] = True
    exact_on_quadratic: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()
    simulated: ClassVar[bool] = False
    carrying: ClassVar[float] = 0.0

    @abstractmethod
    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        """Take the derivatives of the loss along k tangents.

        Raises:
            MissingCapability: the objective lacks what is needed.
        """

    def remarks(self, space: Space, objective: Objective, k: int) -> tuple[str, ...]:
        """What `take` did otherwise than it says of itself when it met this objective with k tangents in this space, and why."""
        return ()

    def way(self, space: Space, objective: Objective, k: int) -> str:
        """How `take` went about it when it last met this objective with k tangents in this space, in words."""
        return f"evaluations of the loss: {self.forward_calls(k)}"

    def with_step(self, factor: float) -> "Derivative | None":
        """The same with its step times `factor`, where it has one and where on linear functions that changes nothing."""
        return None

    @abstractmethod
    def forward_multiple(self, k: int) -> float | None:
        """Floating-point operations over those of the base forward pass, for dense layers; None when it is no such cost."""

    def passes(self, k: int, shapes: Shapes) -> float | None:
        """`forward_multiple` for a perceptron of these weights, whose data carry no tangent.

        None for other models, unless no tangent is carried: what one takes in a convolution does not follow from its weights.
        """
        multiple, first = self.forward_multiple(k), first_share(shapes)
        if multiple is None or (first is None and self.carrying):
            return None
        return multiple - k * self.carrying / 2 * (first or 0.0)

    @abstractmethod
    def forward_calls(self, k: int) -> int:
        """Evaluations of the loss; a vectorised evaluation of many tangents counts once."""
