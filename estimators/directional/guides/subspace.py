"""Tangents spread over all coordinates and over the span of where a guide points."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from estimators.directional.directions import Directions
from estimators.directional.directions.covariance import Spread
from estimators.directional.guides import Guide, Pointer, added
from estimators.directional.guides.past import Past
from estimators.directional.space import Layout
from estimators.estimator import Declaration, Estimate, Shapes, count
from estimators.objective import Objective
from estimators.perceptron import dense_layers


@dataclass(frozen=True)
class Subspace(Guide):
    """Tangents of covariance a I + (1-a) (n/s) U Uᵀ, U an orthonormal basis of the span of s surrogate gradients.

    For the mean E estimate = a g + (1-a) (n/s) U Uᵀ g: what lies in the span is taken n/s times as much, so the direction is as
    much better as the surrogates are good, and the estimate biased, unless a = 1. The moments for a given share of g in the span
    are closed forms (`estimators.theory.spread`). Where there is no surrogate yet, tangents are of the plain law.
    Source: Maheswaranathan et al. 2018, arXiv 1806.10230.

    Args:
        alpha: a, from 0 (the surrogates alone) to 1 (plain evolution strategies).
        surrogate: where they come from.
    """

    remembers = True

    alpha: float = 0.5
    surrogate: Pointer = field(default_factory=Past)

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha must be from 0 to 1, got {self.alpha}")

    def start(self, objective: Objective) -> Any:
        """See `Guide.start`."""
        return self.surrogate.start(objective)

    def lead(self, objective: Objective, layout: Layout, memory: Any, drawn: Directions) -> tuple[Directions, Any]:
        """See `Guide.lead`."""
        vectors, memory = self.surrogate.vectors(objective, memory)
        return Spread(vectors, self.alpha, drawn) if vectors else drawn, memory

    def kept(self, memory: Any, estimate: Estimate) -> Any:
        """See `Guide.kept`."""
        return self.surrogate.kept(memory, estimate)

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """What is known of the plain law where a = 1, at the surrogates' cost; see `Guide.declared`.

        A basis of the span takes the product of every surrogate with every other, as soon as there are as many as point back.
        """
        dense = sum(map(math.prod, dense_layers(shapes))) * (batch or 0)
        basis = (self.surrogate.fewest() - 1) ** 2 * count(shapes) / dense if dense else 0.0
        led = self.surrogate.declared(plain, shapes, batch, k)
        guided = replace(led, forward_multiple=added(led.forward_multiple, basis))
        if self.alpha < 1:
            return replace(
                guided,
                stochastic=plain.stochastic,
                homogeneous=guided.linear,  # surrogates of this very loss turn round with its sign
                independent_tangents=plain.independent_tangents,
            )
        return replace(
            plain,
            forward_multiple=guided.forward_multiple,
            forward_calls=guided.forward_calls,
            memory=guided.memory,
            needs=guided.needs,
            records_tape=guided.records_tape,
        )
