"""Executions other than the eager one: the same estimate, where what runs the model is a graph (see `estimators.graphs`).

Compiled is one part of an estimator, the one that is a function of tensors: the derivatives along tangents that were drawn
before, or the loss and its gradient by backprop. Drawing stays outside (Inductor draws normal numbers eleven times slower than
torch), and so does the combination of tangents, which is a few large operations. What draws while the model runs, perturbs
parameters in place or goes through the model layer by layer has no such part. Instead of being compiled the part may be captured
as a CUDA graph and replayed (see `estimators.captured`); all else is the same.
"""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from estimators.directional.derivatives import Derivative, Derivatives
from estimators.directional.space import Space, Tangents
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.exact import Backprop
from estimators.graphs import INDUCTOR, Graphs, Maker
from estimators.objective import MissingCapability, Objective


@dataclass(frozen=True)
class State:
    """What a compiled estimator keeps between calls.

    Attributes:
        estimator: what was compiled.
        runner: the same with its part compiled.
        kept: the state of the runner.
        graphs: what was compiled.
    """

    estimator: Estimator
    runner: Estimator
    kept: Any
    graphs: Graphs

    @property
    def prepared(self) -> dict[str, Any]:
        """What was prepared, as JSON values: the backend, and of each graph what it computes and of how many operations."""
        graphs = [{"name": graph.name, "operations": graph.operations} for graph in self.graphs.made]
        return {"backend": self.graphs.maker.backend, "graphs": graphs}


@dataclass(frozen=True)
class Compiled(Estimator):
    """An estimator in compiled execution: equal to the eager one under the same seed, up to rounding.

    Bias, variance and memory class are the estimator's. `init` compiles, which takes seconds; what other objectives, or other
    numbers of tangents, need is compiled when they come. Nothing that happens within a graph can be counted from outside, so
    evaluations and operations are not declared. Fused operations may hold less than eager ones.
    Source: Ansel et al. 2024, PyTorch 2, doi 10.1145/3620665.3640366.

    Args:
        estimator: backprop, or one with a derivative that it takes along tangents it has drawn (a field `derivative`).
        prepared: a state from `init`, whose graphs further ones take over, so that nothing is compiled; None for new graphs.
        maker: of graphs.

    Example:
        >>> from estimators.directional.estimator import Directional
        >>> estimator = Compiled(Directional(k=4))
        >>> estimator.estimator.k
        4
    """

    estimator: Estimator
    prepared: State | None = None
    maker: Maker = INDUCTOR

    def init(self, objective: Objective) -> State:
        """Compile: one estimate is made and forgotten, and what it asks for is compiled then; see `Estimator.init`.

        Raises:
            MissingCapability: the estimator has no part to compile, or its graph cannot be had here.
            ValueError: what was prepared is another estimator.
        """
        if self.prepared is not None:
            if self.prepared.estimator != self.estimator:
                raise ValueError(f"prepared is a state of {self.prepared.estimator}, not of {self.estimator}")
            return replace(self.prepared, kept=self.prepared.runner.init(objective))
        graphs = Graphs(self.maker)
        runner = _runner(self.estimator, graphs)
        device = next(iter(objective.parameters.values())).device
        runner.estimate(objective, runner.init(objective), generator=torch.Generator(device).manual_seed(0))
        if not graphs.made:
            reason = f"{type(self.estimator).__name__} does not use the part that could be a graph"
            raise MissingCapability(self.maker.capability, reason)
        return State(self.estimator, runner, runner.init(objective), graphs)

    def estimate(self, objective: Objective, state: State, *, generator: torch.Generator) -> tuple[Estimate, State]:
        """See `Estimator.estimate`."""
        estimate, kept = state.runner.estimate(objective, state.kept, generator=generator)
        return estimate, replace(state, kept=kept)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the estimator, without what is counted while it runs; see `Estimator.declaration`."""
        return replace(self.estimator.declaration(shapes, batch), forward_calls=None, forward_multiple=None)

    def simulated(self) -> Estimator | None:
        """That of the estimator, which is not compiled: it costs next to nothing; see `Estimator.simulated`."""
        return self.estimator.simulated()

    def at_full_budget(self, coordinates: int) -> "Compiled | None":
        """See `Estimator.at_full_budget`."""
        return self._of(self.estimator.at_full_budget(coordinates))

    def with_step(self, factor: float) -> "Compiled | None":
        """See `Estimator.with_step`."""
        return self._of(self.estimator.with_step(factor))

    def tangents(self, state: State) -> Mapping[str, Tensor] | None:
        """See `Estimator.tangents`."""
        return self.estimator.tangents(state.kept)

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """Those of the estimator; see `Estimator.remarks`."""
        return self.estimator.remarks(objective)

    def stages(self, objective: Objective, state: State, *, generator: torch.Generator) -> Iterator[str]:
        """Those of the estimator, with its part compiled; see `Estimator.stages`."""
        return state.runner.stages(objective, state.kept, generator=generator)

    def _of(self, estimator: Estimator | None) -> "Compiled | None":
        return None if estimator is None else Compiled(estimator, maker=self.maker)


def _runner(estimator: Estimator, graphs: Graphs) -> Estimator:
    """The estimator with its part compiled.

    Raises:
        MissingCapability: it has none.
    """
    if isinstance(estimator, Backprop):
        return _Backprop(graphs)
    derivative = getattr(estimator, "derivative", None)
    if isinstance(derivative, Derivative) and not derivative.simulated:
        return replace(estimator, derivative=_Derivative(derivative, graphs))  # type: ignore[type-var]  # it has that field
    reason = f"{type(estimator).__name__} has no part that is a function of tensors drawn or given before it runs"
    raise MissingCapability(graphs.maker.capability, reason)


@dataclass(frozen=True)
class _Backprop(Estimator):
    """Backprop as one graph of the loss and its gradient."""

    graphs: Graphs

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        names, point = list(objective.parameters), [parameter.detach() for parameter in objective.parameters.values()]

        def gradient(*values: Tensor) -> tuple[Tensor, ...]:
            with torch.enable_grad():
                leaves = [value.detach().requires_grad_() for value in values]
                loss = objective.loss(dict(zip(names, leaves, strict=True)))
                return loss.detach(), *torch.autograd.grad(loss, leaves, materialize_grads=True)

        loss, *found = self.graphs.of(objective, "gradient", "loss and gradient", gradient, point)(*point)
        return DenseEstimate(loss, dict(zip(names, found, strict=True))), None

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        return Backprop().declaration(shapes, batch)


class _Derivative(Derivative):
    """A derivative as one graph for each number of tangents."""

    def __init__(self, derivative: Derivative, graphs: Graphs) -> None:
        self._derivative, self._graphs = derivative, graphs
        vars(self).update({name: getattr(derivative, name) for name in ("exact", "exact_on_linear", "needs", "carrying")})

    def take(self, space: Space, objective: Objective, tangents: Tangents) -> Derivatives:
        point = space.point(objective)
        names, k = (tuple(point), tuple(tangents)), len(next(iter(tangents.values())))

        def derivatives(*values: Tensor) -> tuple[Tensor, ...]:
            at, along = values[: len(point)], values[len(point) :]
            moved = _at(space, dict(zip(names[0], at, strict=True)))
            return tuple(self._derivative.take(moved, objective, dict(zip(names[1], along, strict=True))))

        most = self._graphs.maker.most_evaluations
        if most is not None and (evaluations := self._derivative.forward_calls(k)) > most:
            reason = f"{evaluations} evaluations of the loss, and a graph has {most} at most"
            raise MissingCapability(self._graphs.maker.capability, reason)
        inputs = [*point.values(), *tangents.values()]
        said = f"derivatives along {k} tangents" if k > 1 else "derivative along one tangent"
        loss, found = self._graphs.of(objective, (type(space), names, k), said, derivatives, inputs)(*inputs)
        return Derivatives(loss, found)

    def remarks(self, space: Space, objective: Objective, k: int) -> tuple[str, ...]:
        return self._derivative.remarks(space, objective, k)

    def forward_multiple(self, k: int) -> float | None:
        return self._derivative.forward_multiple(k)

    def forward_calls(self, k: int) -> int:
        return self._derivative.forward_calls(k)


def _at(space: Space, given: Mapping[str, Tensor]) -> Space:
    """The same space, where derivatives are taken at a point that is given."""
    moved = copy(space)
    vars(moved)["point"] = lambda objective: dict(given)
    return moved
