"""The forward gradient in the memory of one layer: tangents drawn while an operation needs them and dropped after it."""

from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor

from estimators.directional.along import by_duals, by_rules, dual
from estimators.directional.derivatives.pushforward import Moving
from estimators.directional.derivatives.unsupported import described, is_unsupported
from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional
from estimators.directional.factored import FactoredPlaceholder
from estimators.directional.moving_parameters import MovingByFactors, MovingWhenUsed
from estimators.directional.placeholder import Placeholder
from estimators.directional.regenerated import OneTangent, Regenerated, RegeneratedCombination, check_blockwise
from estimators.directional.space import Tangents, Weights
from estimators.directional.thin import passes
from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.objective import MissingCapability, Objective


@dataclass(frozen=True)
class LazyForwardGradient(Estimator):
    """(1/k) Σ ⟨∇f, vᵢ⟩ vᵢ, where no more than one layer of a v exists at any moment.

    The estimate of `forward-gradient` along the same tangents, up to rounding: unbiased, and E‖estimate - g‖² is (n + 1)/k ‖g‖²
    for Gaussian v, (n - 1)/k ‖g‖² for random signs. Memory: one layer and small parameters of a 64th of
    it, which are drawn several at once, beside the activations in flight. A tangent costs a pass of its own, three forward passes
    for dense layers, and two drawings, one for the derivative and one for the estimate; a parameter that several operations use
    (a recurrent cell) is drawn once more for each. Whoever reads the estimate again draws again.

    Tangents on one block cost nothing before it: the operations up to there run once, without tangents.
    Tangents of low rank r are never formed: a dense layer of p x q weights takes p q + r (p + q) products a sample for its
    tangent instead of 2 p q, from r (p + q) random numbers, and the estimate is handed on as factors (`Estimate.factors`); other
    operations on such a matrix get the product.

    Source: Baydin et al. 2022, arXiv 2202.08587, section 2, with the seeds of Malladi et al. 2023, arXiv 2305.17333.

    Args:
        k: number of tangents, 1 or more.
        directions: their law; one that draws block by block.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2))
        >>> estimator = LazyForwardGradient()
        >>> estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))
        >>> estimate.loss
        tensor(2.)
    """

    k: int = 1
    directions: Directions = field(default_factory=Gaussian)

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.k < 1:
            raise ValueError(f"k must be 1 or more, got {self.k}")
        check_blockwise(self.directions)

    def init(self, objective: Objective) -> Regenerated:
        """The coordinates; see `Estimator.init`."""
        return Regenerated.of(Weights().layout(objective), self.directions, self.k)

    @torch.no_grad()
    def estimate(self, objective: Objective, state: Regenerated, *, generator: torch.Generator) -> tuple[Estimate, Regenerated]:
        """See `Estimator.estimate`.

        Raises:
            MissingCapability: an operation has no forward mode, or is an `autograd.Function` that uses parameters.
        """
        state = state.opened(generator)
        try:
            losses, slopes = zip(*(_along(objective, state, index) for index in range(self.k)), strict=True)
        except (NotImplementedError, RuntimeError) as error:
            if is_unsupported(error):
                raise MissingCapability("jvp", described(error)) from error
            raise
        return RegeneratedCombination(losses[0], state, torch.stack(slopes) / self.k), state

    def tangents(self, state: Regenerated) -> Tangents:
        """See `Estimator.tangents`."""
        return state.all()

    def simulated(self) -> Directional | None:
        """The same estimate from tangents that are held and the known gradient; see `Estimator.simulated`."""
        return self._held().simulated()

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the same estimate from tangents that are held, at other costs; see `Estimator.declaration`.

        Operations are those of a perceptron of these weights, None for other models.
        """
        held, each = self._held().declaration(shapes, batch), passes(self.directions, shapes)
        multiple = None if each is None else self.k * each
        return replace(held, memory="layer", forward_multiple=multiple, forward_calls=self.k)

    def _held(self) -> Directional:
        return Directional(self.k, directions=self.directions)


def _along(objective: Objective, tangents: Regenerated, index: int) -> tuple[Tensor, Tensor]:
    """The loss and its derivative along one tangent, both 0-dimensional."""
    touched = {tangents.layout[position].name: position for position in tangents.touched(index)}
    tangent = OneTangent(tangents, index)
    pushed = by_rules(objective, {name: partial(_moving, tangent, position) for name, position in touched.items()})
    return pushed or by_duals(objective, {name: partial(_placeholder, tangent, position) for name, position in touched.items()})


def _moving(tangent: OneTangent, position: int, value: Tensor) -> Moving:
    if tangent.tangents.factored(position):
        return MovingByFactors(value, partial(tangent.tangents.factors, position, tangent.index))
    return MovingWhenUsed(value, partial(tangent.block, position))


def _placeholder(tangent: OneTangent, position: int, value: Tensor) -> Placeholder:
    def make() -> Tensor:
        return dual(value, lambda: tangent.block(position))

    if not tangent.tangents.factored(position):
        return Placeholder(value, make)
    return FactoredPlaceholder.of(value, make, partial(tangent.tangents.factors, position, tangent.index))
