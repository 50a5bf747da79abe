"""FZOO: one-sided differences along random signs in one batched pass, over the spread of the losses."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estimators.directional.derivatives.forward_difference import ForwardDifference
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.estimator import Directional
from estimators.directional.population import losses, reason_against
from estimators.directional.regenerated import Regenerated, RegeneratedCombination
from estimators.directional.space import Tangents, Weights
from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class Fzoo(Estimator):
    """(1/kσ) Σ (f(x + h uᵢ) - f(x)) uᵢ with random signs uᵢ, σ the standard deviation of the k losses f(x + h uᵢ).

    h/σ times the one-sided estimate of `spsa`: since E σ² = h² ‖g‖² for a linear loss it is about an unbiased estimate of g/‖g‖,
    the direction of normalised descent, and its length tells nothing of the gradient's. Biased, for σ depends on the same
    probes; no closed form is known. Zero where all probes have the same loss.

    k probes in one batched pass and the loss itself, 1 + k forward passes. Memory: one layer's activations and perturbed weights
    for each probe; no vector of length n. Whoever reads the estimate draws once more.
    Source: Dang et al. 2025, arXiv 2506.09034, algorithm 1; σ² here is the sum of squares over k - 1, for which E σ² = h² ‖g‖².

    Args:
        k: number of probes, 2 or more.
        step: h, positive.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: 1000 * x.sum(), torch.ones(64, dtype=torch.float64))
        >>> estimator = Fzoo(k=100)
        >>> estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))
        >>> 0.5 < float(estimate.gradient["x"].sum() / 64**0.5) < 1.5
        True
    """

    k: int = 8
    step: float = 1e-3

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.k < 2:
            raise ValueError(f"k must be 2 or more, for one loss has no spread, got {self.k}")
        if not self.step > 0:
            raise ValueError(f"step must be positive, got {self.step}")

    def init(self, objective: Objective) -> Regenerated:
        """The coordinates; see `Estimator.init`."""
        return Regenerated.of(Weights().layout(objective), Rademacher(), self.k)

    @torch.no_grad()
    def estimate(self, objective: Objective, state: Regenerated, *, generator: torch.Generator) -> tuple[Estimate, Regenerated]:
        """See `Estimator.estimate`."""
        state, loss = state.opened(generator), objective.loss()
        values = losses(objective, state, (self.step,)).view(-1)  # [k]
        return RegeneratedCombination(loss, state, _standardised(values, loss) / self.k), state

    def tangents(self, state: Regenerated) -> Tangents:
        """See `Estimator.tangents`."""
        return state.all()

    def with_step(self, factor: float) -> "Fzoo":
        """See `Estimator.with_step`."""
        return replace(self, step=self.step * factor)

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """Why the probes could not go through one pass; see `Estimator.remarks`."""
        reason = reason_against(objective)
        return (f"each probe has a pass of its own: {reason}",) if reason else ()

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the one-sided estimate, without what the division by σ undoes; see `Estimator.declaration`."""
        held = Directional(self.k, directions=Rademacher(), derivative=ForwardDifference(self.step))
        return replace(
            held.declaration(shapes, batch),
            unbiased=False,
            relative_error=None,
            eta=None,
            memory="population",
            forward_calls=2,
            homogeneous=False,
            linear=False,
        )


def _standardised(values: Tensor, loss: Tensor) -> Tensor:
    """(values - loss) / σ, and zeros where σ is zero; NaN stays."""
    spread = values.std()
    return torch.where(spread == 0, 0, (values - loss) / spread)
