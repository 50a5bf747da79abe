"""The forward gradient along many tangents in the memory of a few: chunk after chunk is drawn, used and forgotten."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch
from torch import Tensor

from estimators.directional.combination import combine
from estimators.directional.derivatives import Derivative
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional, State
from estimators.directional.space import Tangents, Weights
from estimators.directional.streams import open_stream
from estimators.directional.workspace import Workspace
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class ChunkedForwardGradient(Estimator):
    """(1/k) Σ dᵢ vᵢ, summed c tangents at a time: the estimate of `forward-gradient`, up to the order of the sum.

    Unbiased; E‖estimate - g‖² is (n + 1)/k ‖g‖² for Gaussian tangents. The loss is computed once a chunk, so k JVPs cost k/c + 2k
    forward passes. Source: Baydin et al. 2022, arXiv 2202.08587.

    Memory, whatever k is: c tangents and the sum, c + 1 vectors of length n, half a vector at most that drawing or the first
    layers take for a moment, and 1 + c times what a forward pass holds. Some laws take more to draw: `angle` one vector, its
    first tangent; `block` the tensor it draws; `varying-length` 9 vectors where c is less than 8, to bring n places in order.

    Args:
        k: number of tangents, 1 or more.
        chunk: c, how many of them are held at once at most, 1 or more; chunks are of equal length, or differ by one.
        directions: their law; one that draws a chunk without the tangents before it, which all but orthogonal ones do.
        derivative: how derivatives along them are taken.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2))
        >>> estimator = ChunkedForwardGradient(k=100, chunk=8)
        >>> estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))
        >>> round(float(estimate.loss), 6)
        2.0
    """

    k: int = 16
    chunk: int = 8
    directions: Directions = field(default_factory=Gaussian)
    derivative: Derivative = field(default_factory=Jvp)

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.k < 1:
            raise ValueError(f"k must be 1 or more, got {self.k}")
        if self.chunk < 1:
            raise ValueError(f"chunk must be 1 or more, got {self.chunk}")
        if not self.directions.apart:
            law = self.directions.law
            raise ValueError(f"directions must draw a chunk by itself, as gaussian or rademacher do; {law!r} draws all before it")

    def init(self, objective: Objective) -> State:
        """The coordinates, and memory for one chunk; see `Estimator.init`."""
        return replace(self._held().init(objective), workspace=Workspace(max(map(len, self._chunks()))))

    def estimate(self, objective: Objective, state: State, *, generator: torch.Generator) -> tuple[Estimate, State]:
        """See `Estimator.estimate`."""
        stream, space = open_stream("keyed", generator, self.k, state.workspace), Weights()
        sums: dict[str, Tensor] = {}
        losses = []
        for indices in self._chunks():
            tangents = self.directions.draw(state.layout, indices, stream)
            loss, values = self.derivative.take(space, objective, tangents)
            losses.append(loss * (len(indices) / self.k))
            for block in state.layout:
                rows, so_far = tangents.pop(block.name), sums.get(block.name)
                sums[block.name] = combine(block, rows, values / self.k, state.workspace, so_far)
        return DenseEstimate(torch.stack(losses).sum(), sums), replace(state, stream=stream)

    def tangents(self, state: State) -> Tangents:
        """All k of them at once, for whoever wants to look at them; see `Estimator.tangents`."""
        return self._held().tangents(state)

    def simulated(self) -> Directional | None:
        """The same estimate from tangents that are held and the known gradient; see `Estimator.simulated`."""
        return self._held().simulated()

    def with_step(self, factor: float) -> "ChunkedForwardGradient | None":
        """See `Estimator.with_step`."""
        derivative = self.derivative.with_step(factor)
        return None if derivative is None else replace(self, derivative=derivative)

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """Those of the derivative; see `Estimator.remarks`."""
        return self.derivative.remarks(Weights(), objective, max(map(len, self._chunks())))

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the same estimate from tangents that are held, at other costs; see `Estimator.declaration`."""
        sizes = [len(chunk) for chunk in self._chunks()]
        multiples = [self.derivative.passes(size, shapes) for size in sizes]
        return replace(
            self._held().declaration(shapes, batch),
            memory="parameters" if max(sizes) == 1 else "tangents",
            forward_multiple=None if None in multiples else sum(filter(None, multiples)),
            forward_calls=sum(map(self.derivative.forward_calls, sizes)),
        )

    def _held(self) -> Directional:
        """The estimator that holds all tangents at once."""
        return Directional(self.k, directions=self.directions, derivative=self.derivative)

    def _chunks(self) -> list[range]:
        """Global tangent indices, chunk by chunk."""
        count = -(-self.k // self.chunk)
        return [range(start, end) for start, end in pairwise(self.k * i // count for i in range(count + 1))]
