"""Spaces: what a directional estimator perturbs, as named blocks of coordinates."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from estimators.estimator import Declaration, Estimate, Shapes
from estimators.objective import Objective

if TYPE_CHECKING:
    from estimators.directional.aggregations import Aggregation
    from estimators.directional.derivatives import Derivative
    from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Block:
    """One named tensor of coordinates."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    def numel(self) -> int:
        """The number of coordinates in this block."""
        return torch.Size(self.shape).numel()


Layout = tuple[Block, ...]
"""All coordinates of a space, in a fixed order."""

Tangents = dict[str, Tensor]
"""k tangents: block name -> [k, *shape], contiguous."""

Draw = Callable[[Layout, Sequence[int], "Stream"], Tangents]
"""Draws tangents over a layout: see `estimators.directional.directions.Directions.draw`."""


def dimension(layout: Layout) -> int:
    """The number n of coordinates."""
    return sum(block.numel() for block in layout)


def matrix(rows: Tensor) -> Tensor:
    """The tangents of one block as a matrix: [k, *shape] -> [k, numel], a scalar's [k] -> [k, 1]."""
    return rows.flatten(1) if rows.dim() > 1 else rows.unsqueeze(1)


def norms(tangents: Tangents) -> Tensor:
    """[k]: the length of each tangent over all coordinates together, in the widest of their dtypes, float32 at least."""
    dtype = torch.promote_types(max((rows.dtype for rows in tangents.values()), key=lambda d: d.itemsize), torch.float32)
    lengths: Tensor = torch.stack([matrix(rows).norm(dim=1, dtype=dtype) for rows in tangents.values()]).norm(dim=0)
    return lengths


def resize(tangents: Tangents, length: float) -> Tangents:
    """Bring each tangent to this length over all coordinates together, in place; zero tangents stay zero.

    Args:
        tangents: block name -> [k, *shape].
        length: 0 or more.

    Returns:
        The same tensors.
    """
    lengths = norms(tangents)
    factors = length / lengths.where(lengths > 0, 1)
    for rows in tangents.values():
        rows.mul_(column(factors, rows))
    return tangents


def column(values: Tensor, rows: Tensor) -> Tensor:
    """Numbers, one a tangent, in a shape that multiplies the tangents' rows: [k] -> [k, 1, ...]."""
    return values.view(-1, *[1] * (rows.dim() - 1))


class Space(ABC):
    """What is perturbed, how the loss depends on it, and how an estimate in it becomes one for the parameters.

    The loss is one number, or one for each of B samples that do not depend on each other's coordinates; then every sample has
    derivatives and an aggregation of its own, in the coordinates that are its `part`.

    Attributes:
        needs: the capabilities it asks of an objective.
        of_parameters: whether its coordinates are those of the parameters.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    of_parameters: ClassVar[bool] = False

    @abstractmethod
    def layout(self, objective: Objective) -> Layout:
        """The coordinates of this space for one objective."""

    @abstractmethod
    def point(self, objective: Objective) -> dict[str, Tensor]:
        """Where derivatives are taken: block name -> tensor without a tape."""

    @abstractmethod
    def loss(self, objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
        """The loss as a function of the coordinates: 0-dimensional, or [B], of which it is the mean."""

    @abstractmethod
    def carry(self, objective: Objective, estimate: Estimate) -> Estimate:
        """Carry an estimate of the gradient in this space into the parameters."""

    def part(self, layout: Layout) -> Layout:
        """The n coordinates that one aggregation is over: all of them, or those of one sample."""
        return layout

    def draw(self, draw: Draw, layout: Layout, indices: Sequence[int], stream: "Stream", *, entrywise: bool) -> Tangents:
        """Tangents of these global indices, each drawn over the `part`.

        Args:
            draw: draws them.
            layout: all coordinates.
            indices: which tangents.
            stream: the random numbers of this estimate.
            entrywise: whether one drawn over several samples together is one of each.
        """
        return draw(self.part(layout), indices, stream)

    def coefficients(self, aggregation: "Aggregation", tangents: Tangents, derivatives: Tensor) -> Tensor:
        """Those of the aggregation, of the derivatives' shape, [k] or [k, B]."""
        return aggregation.coefficients(tangents, derivatives)

    def gradient(self, objective: Objective) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The loss and its exact gradient in these coordinates, by a backward pass: for simulated derivatives."""
        with torch.enable_grad():
            point = {name: value.requires_grad_() for name, value in self.point(objective).items()}
            loss = self.loss(objective, point)
            gradients = torch.autograd.grad(loss, list(point.values()), materialize_grads=True)
        return loss.detach(), dict(zip(point, gradients, strict=True))

    def product(self, rows: Tensor, gradient: Tensor) -> Tensor:
        """What one block adds to ⟨g, v⟩: [k], or [k, B]."""
        return matrix(rows) @ gradient.flatten()

    def declared(
        self, declaration: Declaration, derivative: "Derivative", products: float, k: int | None, shapes: Shapes
    ) -> Declaration:
        """What holds for the parameters, given what holds in these coordinates.

        Args:
            declaration: of the estimate in this space, its cost as if the parameters were perturbed.
            derivative: how derivatives are taken.
            products: multiplications for each coordinate, in matrix products, that the tangents and their coefficients take.
            k: the number of tangents; None for as many as there are coordinates.
            shapes: of the parameters.
        """
        return declaration


@dataclass(frozen=True)
class Weights(Space):
    """The parameters themselves; one tangent runs over all of them together."""

    of_parameters = True

    def layout(self, objective: Objective) -> Layout:
        """One block a parameter."""
        return tuple(Block(name, tuple(p.shape), p.dtype, p.device) for name, p in objective.parameters.items())

    def point(self, objective: Objective) -> dict[str, Tensor]:
        """The parameters' values."""
        return {name: parameter.detach() for name, parameter in objective.parameters.items()}

    def loss(self, objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
        """The objective's loss."""
        return objective.loss(point)

    def carry(self, objective: Objective, estimate: Estimate) -> Estimate:
        """The estimate as it is."""
        return estimate

    def gradient(self, objective: Objective) -> tuple[Tensor, Mapping[str, Tensor]]:
        """That which was handed in, where it was (`WithKnownGradient`); see `Space.gradient`."""
        if "gradient" not in objective.capabilities():
            return super().gradient(objective)
        return objective.loss().detach(), objective.known_gradient()
