"""EGGROLL: an evolution strategy whose noise has low rank, all members of its population in one batched pass."""

import math
from dataclasses import dataclass, replace

import torch

from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.estimator import Directional
from estimators.directional.factored import matrices
from estimators.directional.population import losses, reason_against
from estimators.directional.regenerated import Regenerated, RegeneratedCombination
from estimators.directional.space import Tangents, Weights
from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class Eggroll(Estimator):
    """(1/k) Σ (f(W + h Eᵢ) - f(W - h Eᵢ)) / 2h · Eᵢ with Eᵢ = Aᵢ Bᵢᵀ / √r on every matrix, from k = members/2 pairs.

    The estimate of `rdsa` along the same noise (vectors and scalars have Gaussian noise), up to rounding: unbiased up to O(h²),
    and E‖estimate - g‖² is (n + 1 + 2 (rows + columns + 1)/r)/k ‖g‖² for one matrix, hardly more than for Gaussian noise. Losses
    enter as they are: what the publication makes of them first (ranks, standardised scores) is another estimator, and a factor σ
    or √members in the update is a step size.

    One pass of all members, which share the batch: a dense layer computes x Wᵀ for all of them in one product and adds
    h (x B) Aᵀ/√r of each, from r (rows + columns) random numbers; in the first layer x Wᵀ is the same for all and computed once.
    The estimate is handed on as factors of k r columns (`Estimate.factors`). Memory: one layer's activations and factors for each
    member. Convolutions, embeddings and attention likewise; no perturbed weight and no vector of length n exists, unless another
    operation uses a matrix (a recurrent cell, a convolution in groups): that one gets its perturbed copies while it runs.
    Source: Sarkar et al. 2025, arXiv 2511.16652, with the antithetic pairs of Salimans et al. 2017, arXiv 1703.03864.

    Args:
        members: forward passes in one, an even number of 2 or more.
        rank: r, 1 or more.
        step: h, called σ there, positive.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: x.sum(), torch.ones(3, 2))
        >>> estimator = Eggroll(members=8)
        >>> estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))
        >>> [(name, tuple(each.left.shape)) for name, each in estimate.factors()]
        [('x', (3, 4))]
    """

    members: int = 16
    rank: int = 1
    step: float = 1e-3

    def __post_init__(self) -> None:
        """Check the bounds; that of the rank is checked by its law."""
        if self.members < 2 or self.members % 2:
            raise ValueError(f"members must be an even number of 2 or more, got {self.members}")
        if not self.step > 0:
            raise ValueError(f"step must be positive, got {self.step}")
        LowRank(self.rank)

    def init(self, objective: Objective) -> Regenerated:
        """The coordinates; see `Estimator.init`."""
        return Regenerated.of(Weights().layout(objective), LowRank(self.rank), self._pairs)

    @torch.no_grad()
    def estimate(self, objective: Objective, state: Regenerated, *, generator: torch.Generator) -> tuple[Estimate, Regenerated]:
        """See `Estimator.estimate`."""
        state = state.opened(generator)
        values = losses(objective, state, (self.step, -self.step))  # [pairs, 2]
        slopes = (values[:, 0] - values[:, 1]) / (2 * self.step)
        return RegeneratedCombination(values.mean(), state, slopes / self._pairs), state

    def tangents(self, state: Regenerated) -> Tangents:
        """The noise of every pair, formed; see `Estimator.tangents`."""
        return state.all()

    def with_step(self, factor: float) -> "Eggroll":
        """See `Estimator.with_step`."""
        return replace(self, step=self.step * factor)

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """Why the members could not go through one pass; see `Estimator.remarks`."""
        reason = reason_against(objective)
        return (f"each member has a pass of its own: {reason}",) if reason else ()

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the same estimate from noise that is formed and held, at other costs; see `Estimator.declaration`."""
        held = Directional(self._pairs, directions=LowRank(self.rank), derivative=CentralDifference(self.step))
        return replace(
            held.declaration(shapes, batch),
            memory="population",
            forward_multiple=self._multiple(shapes, batch),
            forward_calls=1,
        )

    def _multiple(self, shapes: Shapes, batch: int | None) -> float | None:
        """Forward passes for dense layers of these weights, in order, forming the estimate included.

        None where there are weights of more than two dimensions: what a convolution takes does not follow from its weights.
        """
        if any(len(shape) > 2 for shape in shapes.values()):
            return None
        layers, products = matrices(shapes), 0.0
        for number, layer in enumerate(layers):
            thin, numel = LowRank(self.rank).thin(layer), layer.numel()
            products += numel * (1 if thin and number == 0 else self.members) + self.members * thin * sum(layer.shape)
            products += self._pairs * self.rank * numel * (1 if thin else 2) / (batch or math.inf)
        return products / sum(layer.numel() for layer in layers) if layers else float(self.members)

    @property
    def _pairs(self) -> int:
        return self.members // 2
