"""Backprop within each layer only, from losses that the layers have by themselves; nothing passes from one layer to another."""

from dataclasses import dataclass
from math import prod

import torch

from estimators.directional.auxiliary import Heads, loss_and_local_gradients
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.objective import Objective
from estimators.sites import of_module


@dataclass(frozen=True)
class LocalLossBackprop(Estimator):
    """The gradient, for each layer, of a loss of its own: that of a small linear head which reads its output as the prediction.

    Biased towards what helps each layer at once (greedy learning), whatever comes after it; exact for a layer whose output has
    the form of the model's and is it, as the last one's. Heads begin at random and learn by one step of gradient descent a call.
    No randomness: the heads follow from their seed and the calls. A parameter that no output depends on by itself has zero.
    Cost for dense layers: two forward passes and three products of each head. Memory: one layer's activations, the gradient, the
    heads. Source: the greedy baseline of Fournier et al. 2023, arXiv 2306.06968; Belilovsky et al. 2019, arXiv 1812.11446.

    Args:
        rate: learning rate of the heads, 0 or more; with 0 they stay random.
        seed: of the heads' first entries, 0 or more.

    Example:
        >>> from torch import nn
        >>> from estimators.objective import ModuleObjective
        >>> objective = ModuleObjective(nn.Linear(2, 2), nn.functional.mse_loss, (torch.ones(1, 2), torch.zeros(1, 2)))
        >>> estimator = LocalLossBackprop()
        >>> estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator())
        >>> list(estimate.gradient)
        ['weight', 'bias']
    """

    rate: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 <= self.rate < float("inf"):
            raise ValueError(f"rate must be 0 or more, got {self.rate}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, got {self.seed}")

    def init(self, objective: Objective) -> Heads:
        """The heads; see `Estimator.init`.

        Raises:
            MissingCapability: the objective is not that of a module that puts out one tensor.
        """
        return Heads.random(of_module(objective), self.seed)

    def estimate(self, objective: Objective, state: Heads, *, generator: torch.Generator) -> tuple[Estimate, Heads]:
        """See `Estimator.estimate`; draws nothing."""
        loss, gradients, of_heads = loss_and_local_gradients(of_module(objective), state)
        return DenseEstimate(loss, gradients), state.moved(of_heads, self.rate)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; the multiple is that of a perceptron of these weights, None where there are others."""
        dense = [shape for shape in shapes.values() if len(shape) == 2]
        outputs = dense[-1][0] if dense else 0
        read = sum(outputs * rows for rows, _ in dense if rows != outputs)
        perceptron = dense and all(len(shape) <= 2 for shape in shapes.values())
        return Declaration(
            stochastic=False,
            forward_multiple=2 + 3 * read / sum(map(prod, dense)) if perceptron else None,
            memory="parameters",
            needs=frozenset({"sites"}),
            records_tape=True,
            remembers=self.rate > 0,
        )
