"""The forward gradient of what a prediction leaves over."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from estimators import theory
from estimators.directional.combination import combine
from estimators.directional.derivatives import Derivative
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional, State
from estimators.directional.space import Tangents, Weights, matrix
from estimators.directional.streams import open_stream
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes, count
from estimators.objective import MissingCapability, Objective


@dataclass(frozen=True)
class ControlledState:
    """What is kept between calls.

    Attributes:
        held: what the forward gradient keeps.
        prediction: c, name -> tensor; empty before the first estimate, when it is zero.
        rate: at which c follows the estimates.
    """

    held: State
    prediction: Tangents
    rate: float


@dataclass(frozen=True)
class ControlVariate(Estimator):
    """c + (1/k) Σ (dᵢ - ⟨c, vᵢ⟩) vᵢ, with c a running mean of past estimates: c ← c + a (estimate - c).

    Unbiased whatever c is, wherever E[v vᵀ] = I, and E‖estimate - g‖² = R ‖g - c‖² with R the relative error of the plain
    forward gradient, (n + 1)/k for Gaussian tangents; with c = g it is g. Where the gradient stays as it is, call t has the
    expected relative error R ((1-a)² + a² R)^(t-1) (`estimators.theory.controlled_error`): less and less only for a < 2/(1 + R),
    and fastest for a = 1/(1 + R), the efficiency of the plain one. A rate that is common for momentum, 0.1, makes the errors of
    more than 19 k dimensions grow without bound. The first estimate, with c = 0, is the plain one.
    Costs what that does, and two inner products; two vectors of length n more.
    Source: the control variate of Monte Carlo methods, on d v; its error and best rate are derived here.

    Args:
        k: number of tangents, 1 or more.
        rate: a, above 0 and at most 1; None for the best, 1/(1 + R), which needs a closed form of R.
        directions: the law of the tangents.
        derivative: how derivatives along them are taken.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (3 * x).sum(), torch.ones(2))
        >>> estimator, generator = ControlVariate(), torch.Generator().manual_seed(1)
        >>> state = estimator.init(objective)
        >>> for _ in range(200):
        ...     estimate, state = estimator.estimate(objective, state, generator=generator)
        >>> bool((estimate.gradient["x"] - 3).norm() < 1e-3)
        True
    """

    k: int = 1
    rate: float | None = None
    directions: Directions = field(default_factory=Gaussian)
    derivative: Derivative = field(default_factory=Jvp)

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.k < 1:
            raise ValueError(f"k must be 1 or more, got {self.k}")
        if self.rate is not None and not 0 < self.rate <= 1:
            raise ValueError(f"rate must be above 0 and at most 1, or none, got {self.rate}")

    def init(self, objective: Objective) -> ControlledState:
        """The coordinates, and the rate; see `Estimator.init`.

        Raises:
            MissingCapability: no rate is given, and the best one has no closed form for these directions.
        """
        held = self._plain().init(objective)
        if self.rate is not None:
            return ControlledState(held, {}, self.rate)
        shapes = {block.name: block.shape for block in held.layout}
        law = theory.Law(self.directions.law, self.directions.parameters(), shapes=tuple(shapes.values()))
        best = theory.moments(law, "mean", count(shapes), self.k).efficiency
        if best is None:
            raise MissingCapability("closed_form", f"rate=none has none for directions={self.directions.law} on these tensors")
        return ControlledState(held, {}, best)

    def estimate(
        self, objective: Objective, state: ControlledState, *, generator: torch.Generator
    ) -> tuple[Estimate, ControlledState]:
        """See `Estimator.estimate`."""
        layout, workspace = state.held.layout, state.held.workspace
        held = replace(state.held, stream=open_stream("keyed", generator, self.k, workspace))
        tangents = self._plain().tangents(held)
        loss, slopes = self.derivative.take(Weights(), objective, tangents)
        left = (slopes - _predicted(state.prediction, tangents, slopes)) / self.k
        tensors, prediction = {}, {}
        for block in layout:
            tensor = combine(block, tangents.pop(block.name), left, workspace)
            before = state.prediction.get(block.name)
            tensors[block.name] = tensor if before is None else tensor.add_(before)
            prediction[block.name] = tensor * state.rate if before is None else before.lerp(tensor, state.rate)
        return DenseEstimate(loss, tensors), replace(state, held=held, prediction=prediction)

    def tangents(self, state: ControlledState) -> Tangents:
        """See `Estimator.tangents`."""
        return self._plain().tangents(state.held)

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """Those of the derivative; see `Estimator.remarks`."""
        return self._plain().remarks(objective)

    def simulated(self) -> "ControlVariate | None":
        """The same with derivatives from the known gradient, where the derivative is exact anyway."""
        return replace(self, derivative=Simulated()) if isinstance(self.derivative, Jvp) else None

    def with_step(self, factor: float) -> "ControlVariate | None":
        """See `Estimator.with_step`."""
        derivative = self.derivative.with_step(factor)
        return None if derivative is None else replace(self, derivative=derivative)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the plain one, less what depends on the prediction; see `Estimator.declaration`."""
        return replace(
            self._plain().declaration(shapes, batch),
            exact=False,
            in_span=False,
            relative_error=None,
            eta=None,
            expected={},
            descends=False,
            isotropic=False,
            homogeneous=False,  # the prediction does not follow another loss
            linear=False,
            remembers=True,
        )

    def _plain(self) -> Directional:
        return Directional(self.k, directions=self.directions, derivative=self.derivative)


def _predicted(prediction: Tangents, tangents: Tangents, slopes: Tensor) -> Tensor:
    """⟨c, vᵢ⟩ in the dtype of the derivatives, [k]."""
    products = [matrix(tangents[name]) @ tensor.flatten() for name, tensor in prediction.items()]
    return torch.stack([product.to(slopes.dtype) for product in products]).sum(0) if products else torch.zeros_like(slopes)
