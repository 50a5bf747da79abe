"""Directional estimates along tangents that a guide chooses anew for every call."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch

from estimators.directional.aggregations import Aggregation
from estimators.directional.aggregations.mean import Mean
from estimators.directional.derivatives import Derivative
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional, State
from estimators.directional.guides import Guide
from estimators.directional.space import Tangents
from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class GuidedState:
    """What a guided estimator keeps between calls.

    Attributes:
        held: what an unguided one keeps.
        memory: the guide's, for the next call.
        directions: the law of the last estimate's tangents.
    """

    held: State
    memory: Any
    directions: Directions


@dataclass(frozen=True)
class Guided(Estimator):
    """Σ cᵢ vᵢ with c from the derivatives along k tangents, whose law follows from the objective or from past estimates.

    Bias, variance and what the first estimate is are the guide's (`estimators.directional.guides`); without it this is
    `Directional` with the same parts. Cost and memory are those of the parts and of what the guide adds.

    Args:
        guide: what chooses the law.
        k: number of tangents; as many as the guide asks for, or more.
        directions: the law of what is left to chance.
        derivative: how derivatives along the tangents are taken.
        aggregation: how both are combined.

    Example:
        >>> from estimators.directional.aggregations.projection import Projection
        >>> from estimators.directional.guides.momentum import Momentum
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(3))
        >>> estimator = Guided(Momentum(decay=0), k=2, aggregation=Projection())
        >>> state, generator = estimator.init(objective), torch.Generator().manual_seed(1)
        >>> for _ in range(100):
        ...     estimate, state = estimator.estimate(objective, state, generator=generator)
        >>> bool((estimate.gradient["x"] - 2).norm() < 1e-3)
        True
    """

    guide: Guide
    k: int = 1
    directions: Directions = field(default_factory=Gaussian)
    derivative: Derivative = field(default_factory=Jvp)
    aggregation: Aggregation = field(default_factory=Mean)

    def __post_init__(self) -> None:
        """Check the bound."""
        fewest = self.guide.fewest()
        if self.k < fewest:
            raise ValueError(f"k must be {fewest} or more with guide={self.guide}, got {self.k}")

    def init(self, objective: Objective) -> GuidedState:
        """The coordinates, and what the guide begins with; see `Estimator.init`."""
        return GuidedState(self._along(self.directions).init(objective), self.guide.start(objective), self.directions)

    def estimate(self, objective: Objective, state: GuidedState, *, generator: torch.Generator) -> tuple[Estimate, GuidedState]:
        """See `Estimator.estimate`."""
        directions, memory = self.guide.lead(objective, state.held.layout, state.memory, self.directions)
        estimate, held = self._along(directions).estimate(objective, state.held, generator=generator)
        return estimate, GuidedState(held, self.guide.kept(memory, estimate), directions)

    def tangents(self, state: GuidedState) -> Tangents:
        """See `Estimator.tangents`."""
        return self._along(state.directions).tangents(state.held)

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """Those of the derivative; see `Estimator.remarks`."""
        return self._along(self.directions).remarks(objective)

    def simulated(self) -> "Guided | None":
        """The same with derivatives from the known gradient, where the derivative is exact anyway."""
        return replace(self, derivative=Simulated()) if isinstance(self.derivative, Jvp) else None

    def with_step(self, factor: float) -> "Guided | None":
        """See `Estimator.with_step`."""
        derivative = self.derivative.with_step(factor)
        return None if derivative is None else replace(self, derivative=derivative)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the same estimate along tangents left to chance, as the guide alters it; see `Estimator.declaration`."""
        return self.guide.declared(self._along(self.directions).declaration(shapes, batch), shapes, batch, self.k)

    def _along(self, directions: Directions) -> Directional:
        return Directional(self.k, directions=directions, derivative=self.derivative, aggregation=self.aggregation)
