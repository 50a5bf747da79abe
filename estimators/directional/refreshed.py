"""What the two-point estimators have in common that keep some factors of their noise for a number of estimates."""

import math
from abc import abstractmethod
from dataclasses import dataclass, replace

import torch

from estimators.directional.directions.products import Products
from estimators.directional.factored import matrices
from estimators.directional.mezo import Mezo
from estimators.directional.regenerated import Regenerated
from estimators.directional.space import Layout, Tangents, Weights
from estimators.directional.streams import Stream, open_stream
from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class Kept:
    """What is kept between calls.

    Attributes:
        layout: the coordinates.
        estimates: how many there have been.
        directions: the law that holds the factors kept; None before the first estimate.
        tangent: of the last estimate.
    """

    layout: Layout
    estimates: int = 0
    directions: Products | None = None
    tangent: Regenerated | None = None


class Refreshed(Estimator):
    """The two-point estimate along one tangent, whose law holds factors that every so many estimates are drawn anew.

    Attributes:
        refresh: how many estimates share them.
        step: h, of the difference.
    """

    refresh: int
    step: float

    @abstractmethod
    def law(self) -> Products:
        """The law without its factors, for what it declares."""

    @abstractmethod
    def drawn(self, layout: Layout, stream: Stream) -> Products:
        """The law with new factors.

        Args:
            layout: the coordinates.
            stream: the factors' random numbers.
        """

    def init(self, objective: Objective) -> Kept:
        """The coordinates; see `Estimator.init`."""
        return Kept(Weights().layout(objective))

    @torch.no_grad()
    def estimate(self, objective: Objective, state: Kept, *, generator: torch.Generator) -> tuple[Estimate, Kept]:
        """See `Estimator.estimate`."""
        directions = state.directions
        if directions is None or state.estimates % self.refresh == 0:
            directions = self.drawn(state.layout, open_stream("keyed", generator, 1))
        along = Regenerated.of(state.layout, directions, 1)
        estimate, tangent = Mezo(directions=directions, step=self.step).estimate(objective, along, generator=generator)
        return estimate, Kept(state.layout, state.estimates + 1, directions, tangent)

    def tangents(self, state: Kept) -> Tangents:
        """See `Estimator.tangents`."""
        if state.tangent is None:
            raise ValueError("this state names no tangents yet: pass the state that estimate returned")
        return state.tangent.all()

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the estimate from fresh factors, of which estimates that share some are no independent draws."""
        fresh = Mezo(directions=self.law(), step=self.step).declaration(shapes, batch)
        fresh = replace(fresh, memory="parameters", forward_multiple=self._multiple(shapes, batch))
        if self.refresh == 1:
            return fresh
        kept = replace(fresh, remembers=True)
        if all(len(shape) < 2 for shape in shapes.values()):
            return kept
        return replace(kept, unbiased=False, relative_error=None, eta=None)

    def _multiple(self, shapes: Shapes, batch: int | None) -> float | None:
        """Forward passes for dense layers of these weights, forming the estimate included.

        A layer with factors takes both passes and the factors' part of each, and one product forms its estimate; a smaller one
        takes that product for each pass too. None where there are weights of more than two dimensions: what a convolution takes
        does not follow from its weights.
        """
        if any(len(shape) > 2 for shape in shapes.values()):
            return None
        law, products, weights = self.law(), 0.0, 0
        for layer in matrices(shapes):
            thin, numel = law.thin(layer), layer.numel()
            formed = law.width(layer) * numel * (1 if thin else 3) + 3 * law.mixed(layer)
            products += 2 * (numel + thin * sum(layer.shape)) + formed / (batch or math.inf)
            weights += numel
        return products / weights if weights else 2.0

    def _check(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: one is not kept.
        """
        if self.refresh < 1:
            raise ValueError(f"refresh must be 1 or more, got {self.refresh}")
        if not self.step > 0:
            raise ValueError(f"step must be positive, got {self.step}")
