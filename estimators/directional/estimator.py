"""The directional estimator: space x directions x derivative x aggregation."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import ref

import torch

from estimators import theory
from estimators.directional.aggregations import Aggregation
from estimators.directional.aggregations.mean import Mean
from estimators.directional.combination import LinearCombination
from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.factored import matrices
from estimators.directional.space import Layout, Space, Tangents, Weights, dimension, resize
from estimators.directional.streams import Keyed, Stream, open_stream
from estimators.directional.thin import Thin, ThinCombination, offers, passes, refusal
from estimators.directional.thin import way as thin_way
from estimators.directional.workspace import Workspace
from estimators.estimator import Declaration, Estimate, Estimator, Shapes, count
from estimators.objective import MissingCapability, Objective
from estimators.perceptron import dense_layers

STREAMS = ("keyed", "sequential")

_MANY = 1 << 30  # coordinates of a space of which the parameters' shapes do not tell how many there are: no few tangents span it


@dataclass(frozen=True)
class State:
    """What a directional estimator keeps between calls.

    Attributes:
        estimator: whose it is.
        objective: what it was prepared for; not kept alive.
        layout: the coordinates.
        factor: of the scale.
        workspace: memory for tangents and estimates.
        stream: of the last estimate.
    """

    estimator: "Directional"
    objective: ref[Objective]
    layout: Layout
    factor: float
    workspace: Workspace
    stream: Stream | None = None

    @property
    def prepared(self) -> dict[str, Any]:
        """What was prepared, as JSON values: how derivatives are taken, None before an estimate has found out, and bytes kept."""
        objective = None if self.stream is None else self.objective()
        way = None if objective is None else self.estimator.way(objective, self.layout, self.workspace.rows)
        return {"backend": "eager", "derivatives": way, "kept_bytes": self.workspace.kept_bytes}


@dataclass(frozen=True)
class Directional(Estimator):
    """Derivatives of the loss along k tangents, combined: Σ cᵢ vᵢ with c from d = V g.

    With Gaussian tangents, JVPs and the mean this is the forward gradient (Baydin et al. 2022, arXiv 2202.08587): unbiased,
    E‖estimate - g‖² = (n + 1)/k ‖g‖²; with the projection the multi-tangent forward gradient (Flügel et al. 2024,
    arXiv 2410.17764); with central differences SPSA, RDSA. Cost and memory are those of the parts; k tangents are held.

    One tangent along which a JVP is taken, and of which nothing else is asked, is held as what it consists of (see `thin`):
    factors of low rank r, which a dense layer of p x q weights multiplies by in r (p + q) products a sample instead of p q, and
    which the estimate hands on; one block, before which it costs nothing.

    Args:
        k: number of tangents, 1 or more; None for as many as there are coordinates.
        space: what is perturbed.
        directions: the law of the tangents.
        length: `sqrt-n` or `unit`, what each tangent is normalised to over all coordinates together; None leaves it as drawn.
        derivative: how derivatives along them are taken.
        aggregation: how both are combined.
        scale: None, `unbiased` or `length-preserving`; where the theory knows the factor.
        stream: `keyed`, or `sequential` for published sequences.

    Example:
        >>> from estimators.directional.aggregations.projection import Projection
        >>> from estimators.directional.directions.rademacher import Rademacher
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2))
        >>> estimator = Directional(k=2, directions=Rademacher(), aggregation=Projection())
        >>> estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))
        >>> round(float(estimate.loss), 6)
        2.0
    """

    k: int | None = 1
    space: Space = field(default_factory=Weights)
    directions: Directions = field(default_factory=Gaussian)
    length: str | None = None
    derivative: Derivative = field(default_factory=Jvp)
    aggregation: Aggregation = field(default_factory=Mean)
    scale: str | None = None
    stream: str = "keyed"

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.k is not None and self.k < 1:
            raise ValueError(f"k must be 1 or more, got {self.k}")
        if self.scale is not None and self.scale not in theory.SCALES:
            raise ValueError(f"scale must be none or one of {', '.join(theory.SCALES)}, got {self.scale!r}")
        if self.stream not in STREAMS:
            raise ValueError(f"stream must be one of {', '.join(STREAMS)}, got {self.stream!r}")
        if self.length is not None and self.length not in theory.LENGTHS:
            raise ValueError(f"length must be none or one of {', '.join(theory.LENGTHS)}, got {self.length!r}")

    def init(self, objective: Objective) -> State:
        """The coordinates; see `Estimator.init`.

        Raises:
            MissingCapability: the scale has no closed form for these parts at this dimension.
        """
        layout = self.space.layout(objective)
        part = self.space.part(layout)
        try:
            return State(self, ref(objective), layout, self._factor(part), Workspace(self.k or dimension(part)))
        except ValueError as error:
            raise MissingCapability("closed_form", str(error)) from None

    def estimate(self, objective: Objective, state: State, *, generator: torch.Generator) -> tuple[Estimate, State]:
        """See `Estimator.estimate`."""
        state = self._opened(state, generator)
        tangents = self._held(state)
        derivatives = self._take(objective, tangents)
        return self.space.carry(objective, self._combined(state, tangents, derivatives)), state

    def derivatives(self, objective: Objective, state: State, indices: Sequence[int]) -> Derivatives:
        """Derivatives along some of the tangents of the estimate that returned `state`, by global index.

        Args:
            objective: the loss.
            state: from `estimate`; it names the tangents.
            indices: which of the tangents 0 ... k-1; in chunks, in any order, on any rank they are the same.

        Returns:
            The loss and [len(indices)] derivatives.
        """
        return self.derivative.take(self.space, objective, self._draw(state, indices))

    def combine(self, state: State, indices: Sequence[int], derivatives: Derivatives) -> Estimate:
        """The estimate in this space from all derivatives, the tangents drawn again; see `derivatives`."""
        return self._combined(state, self._draw(state, indices), derivatives)

    def tangents(self, state: State) -> Tangents:
        """See `Estimator.tangents`."""
        return self._draw(state, self._indices(state))

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """Those of the derivative, or why a tangent's matrices were formed; see `Estimator.remarks`."""
        layout = self.space.layout(objective)
        if self._thin(layout):
            reason = refusal(objective)
            return (f"the matrices of tangents are formed: {reason}",) if reason else ()
        return self.derivative.remarks(self.space, objective, self.k or dimension(self.space.part(layout)))

    def way(self, objective: Objective, layout: Layout, k: int) -> str:
        """How derivatives along k tangents at once were taken when this objective was last met, in words.

        Args:
            objective: the loss.
            layout: its coordinates.
            k: how many tangents.
        """
        return thin_way(objective) if self._thin(layout) else self.derivative.way(self.space, objective, k)

    def stages(self, objective: Objective, state: State, *, generator: torch.Generator) -> Iterator[str]:
        """Drawing, derivative, aggregation; see `Estimator.stages`."""
        state = self._opened(state, generator)
        tangents = self._held(state)
        yield "drawing"
        derivatives = self._take(objective, tangents)
        yield "derivative"
        for _ in self.space.carry(objective, self._combined(state, tangents, derivatives)).items():
            pass
        yield "aggregation"

    def simulated(self) -> "Directional | None":
        """The same with derivatives from the known gradient, where the derivative is exact anyway."""
        known = self.space.of_parameters and isinstance(self.derivative, Jvp)
        return replace(self, derivative=Simulated()) if known else None

    def at_full_budget(self, coordinates: int) -> "Directional | None":
        """With k = n, of the space's coordinates, where that makes the estimate exact."""
        full = replace(self, k=coordinates if self.space.of_parameters else None)
        closed = theory.expected(self._law(), self.aggregation.law, coordinates, coordinates, self.scale)
        exact = closed.get("relative_error") == 0
        return full if exact and self.derivative.exact else None

    def with_step(self, factor: float) -> "Directional | None":
        """See `Estimator.with_step`."""
        derivative = self.derivative.with_step(factor)
        return None if derivative is None else replace(self, derivative=derivative)

    def on_quadratic(self, function: theory.Quadratic) -> theory.Descent | None:
        """See `Estimator.on_quadratic`; where derivatives along the tangents are exact there."""
        if not (self.derivative.exact_on_quadratic and self.space.of_parameters):
            return None
        k = function.n if self.k is None else self.k
        return theory.descent(self._law(), self.aggregation.law, function, k, self.scale)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; closed forms from `estimators.theory`."""
        inside = tuple(shapes.values()) if self.space.of_parameters else ()
        n = count(shapes) if self.space.of_parameters else _MANY
        k = n if self.k is None else self.k
        law = (self._law(inside), self.aggregation.law, n, k, self.scale)
        closed, along = theory.expected(*law), theory.moments(*law).along
        kept = closed if self.derivative.exact_on_linear else {}
        error = kept.get("relative_error")
        declaration = Declaration(
            unbiased=along is not None
            and abs(along - 1) < 1e-12
            and (self.derivative.exact_on_linear or self.directions.symmetric),
            exact=self.derivative.exact and error == 0,
            stochastic=self.directions.random,
            in_span=True,
            rank=self.directions.highest_rank(),
            relative_error=error,
            eta=kept.get("efficiency"),
            expected=closed if self.derivative.exact else {},
            forward_multiple=self._multiple(k, shapes, batch),
            forward_calls=self.derivative.forward_calls(k),
            memory="parameters" if k == 1 else "tangents",
            needs=self.derivative.needs | self.space.needs,
            records_tape=self.derivative.simulated,
            simulated=self.derivative.simulated,
            descends=self.derivative.exact_on_linear,
            isotropic=self.directions.isotropic and self.derivative.exact_on_linear,
            homogeneous=self.aggregation.homogeneous,
            linear=self.aggregation.linear,
            independent_tangents=self.directions.independent,
        )
        return self.space.declared(declaration, self.derivative, self._products(k), self.k, shapes)

    def _multiple(self, k: int, shapes: Shapes, batch: int | None) -> float | None:
        """Forward passes for a perceptron of these weights; in a space of another kind, as if that were the weights'."""
        if not self.space.of_parameters:
            return self.derivative.forward_multiple(k)
        if self._thin(tuple(matrices(shapes))):
            return passes(self.directions, shapes)
        multiple, dense = self.derivative.passes(k, shapes), dense_layers(shapes)
        products = self._products(k)
        if multiple is None or not products or not batch:
            return multiple
        return multiple + products * count(shapes) / (batch * sum(map(math.prod, dense))) if dense else None

    def _products(self, k: int) -> float:
        return self.directions.products(k) + self.aggregation.products(k)

    def _opened(self, state: State, generator: torch.Generator) -> State:
        stream = open_stream(self.stream, generator, len(self._indices(state)), state.workspace)
        return State(state.estimator, state.objective, state.layout, state.factor, state.workspace, stream)

    def _indices(self, state: State) -> range:
        return range(dimension(self.space.part(state.layout)) if self.k is None else self.k)

    def _thin(self, layout: Layout) -> bool:
        """Whether there is one tangent, of which nothing is asked but its derivative, and that consists of less than numbers."""
        as_drawn = self.k == 1 and self.length is None and self.stream == "keyed"
        exact = isinstance(self.space, Weights) and isinstance(self.derivative, Jvp) and isinstance(self.aggregation, Mean)
        return as_drawn and exact and offers(self.directions, layout)

    def _held(self, state: State) -> Tangents | Thin:
        """All tangents of an estimate, drawn."""
        if isinstance(state.stream, Keyed) and self._thin(state.layout):
            return Thin.drawn(self.directions, state.layout, state.stream)
        return self._draw(state, self._indices(state))

    def _take(self, objective: Objective, tangents: Tangents | Thin) -> Derivatives:
        if isinstance(tangents, Thin):
            return tangents.take(objective)
        return self.derivative.take(self.space, objective, tangents)

    def _draw(self, state: State, indices: Sequence[int]) -> Tangents:
        if state.stream is None:
            raise ValueError("this state names no tangents yet: pass the state that estimate returned")
        entrywise = self.directions.entrywise and self.length is None
        return self.space.draw(self._drawn, state.layout, indices, state.stream, entrywise=entrywise)

    def _drawn(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        drawn = self.directions.draw(layout, indices, stream)
        if self.length is None:
            return drawn
        return resize(drawn, dimension(layout) ** 0.5 if self.length == "sqrt-n" else 1.0)

    def _combined(self, state: State, tangents: Tangents | Thin, derivatives: Derivatives) -> Estimate:
        drawn = {} if isinstance(tangents, Thin) else tangents
        coefficients = self.space.coefficients(self.aggregation, drawn, derivatives.values)
        scaled = coefficients if state.factor == 1 else coefficients * state.factor
        if isinstance(tangents, Thin):
            return ThinCombination(derivatives.loss, tangents, scaled)
        return LinearCombination(derivatives.loss, state.layout, tangents, scaled, state.workspace)

    def _factor(self, layout: Layout) -> float:
        n, law = dimension(layout), self._law(tuple(block.shape for block in layout))
        return theory.scale_factor(law, self.aggregation.law, n, self.k or n, self.scale)

    def _law(self, shapes: tuple[tuple[int, ...], ...] = ()) -> theory.Law:
        return theory.Law(self.directions.law, self.directions.parameters(), self.length, shapes)
