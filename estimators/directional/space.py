"""Spaces: what a directional estimator perturbs, as named blocks of coordinates."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.estimator import Estimate
from estimators.objective import Objective


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
    """What is perturbed, how the loss depends on it, and how an estimate in it becomes one for the parameters."""

    needs: frozenset[str] = frozenset()

    @abstractmethod
    def layout(self, objective: Objective) -> Layout:
        """The coordinates of this space for one objective."""

    @abstractmethod
    def point(self, objective: Objective) -> dict[str, Tensor]:
        """Where derivatives are taken: block name -> tensor without a tape."""

    @abstractmethod
    def loss(self, objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
        """The loss as a function of the coordinates."""

    @abstractmethod
    def carry(self, objective: Objective, estimate: Estimate) -> Estimate:
        """Carry an estimate of the gradient in this space into the parameters."""


@dataclass(frozen=True)
class Weights(Space):
    """The parameters themselves; one tangent runs over all of them together."""

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
