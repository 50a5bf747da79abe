"""Guides: what makes the tangents of one estimate better than chance, from the objective itself or from past estimates.

A law of directions knows neither; a guide chooses one for every call, and says what it remembers for the next.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from estimators.directional.directions import Directions
from estimators.directional.directions.led import Led
from estimators.directional.space import Layout
from estimators.estimator import Declaration, Estimate, Shapes
from estimators.objective import Objective

Vector = Mapping[str, Tensor]
"""One vector over all coordinates, block name -> tensor."""


class Guide(ABC):
    """A choice of tangents.

    What it remembers is handed in and returned, and never changed: the same memory gives the same tangents again.

    Attributes:
        remembers: whether it remembers anything.
    """

    remembers: ClassVar[bool] = False

    def fewest(self) -> int:
        """How many tangents an estimate must have."""
        return 1

    def start(self, objective: Objective) -> Any:
        """What is remembered before the first estimate.

        Raises:
            MissingCapability: the objective lacks what the guide needs.
        """
        return None

    @abstractmethod
    def lead(self, objective: Objective, layout: Layout, memory: Any, drawn: Directions) -> tuple[Directions, Any]:
        """The law of this estimate's tangents, and what is remembered from choosing it.

        Args:
            objective: what is estimated.
            layout: its coordinates.
            memory: from `start` or from the estimate before.
            drawn: the law of what is left to chance.
        """

    def kept(self, memory: Any, estimate: Estimate) -> Any:
        """What is remembered after an estimate; nothing of it may share memory with the estimate, which is the caller's."""
        return memory

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """What an estimate along these tangents promises; unless a guide knows better, no closed form and some bias.

        Args:
            plain: the promise of the same estimate along tangents that are left to chance.
            shapes: of the parameters.
            batch: number of samples, or None.
            k: number of tangents.
        """
        return replace(
            plain,
            unbiased=False,
            exact=False,
            rank=None,
            relative_error=None,
            eta=None,
            expected={},
            isotropic=False,
            independent_tensors=False,
            remembers=self.remembers,
        )


class Pointer(Guide):
    """A guide that points somewhere: the first tangents lie along its vectors, over all coordinates together."""

    remembers = True

    @abstractmethod
    def vectors(self, objective: Objective, memory: Any) -> tuple[Sequence[Vector], Any]:
        """Where it points, none or more vectors, and what is remembered from that; see `Guide.lead`."""

    def lead(self, objective: Objective, layout: Layout, memory: Any, drawn: Directions) -> tuple[Directions, Any]:
        """See `Guide.lead`."""
        found, memory = self.vectors(objective, memory)
        if not found:
            return drawn, memory
        return Led({block.name: torch.stack([vector[block.name] for vector in found]) for block in layout}, drawn), memory


def added(multiple: float | None, passes: float) -> float | None:
    """A number of forward passes and some more; None where there is no such number."""
    return None if multiple is None else multiple + passes
