"""Guides: what makes the tangents of one estimate better than chance, from the objective itself or from past estimates.

A law of directions knows neither; a guide chooses one for every call, and says what it remembers for the next.
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

from estimators.directional.directions import Directions
from estimators.directional.space import Layout
from estimators.estimator import Declaration, Estimate, Shapes
from estimators.objective import Objective


class Guide(ABC):
    """A choice of tangents.

    What it remembers is handed in and returned, and never changed: the same memory gives the same tangents again.

    Attributes:
        fewest: how many tangents an estimate must have.
    """

    fewest: ClassVar[int] = 1

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
            relative_error=None,
            eta=None,
            expected={},
            isotropic=False,
            independent_tensors=False,
        )


def added(multiple: float | None, passes: float) -> float | None:
    """A number of forward passes and some more; None where there is no such number."""
    return None if multiple is None else multiple + passes
