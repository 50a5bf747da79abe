"""Feedback alignment: the error comes back through fixed random matrices."""

from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.feedback.drawing import drawn_like
from estimators.feedback.estimator import WeightShaped


@dataclass(frozen=True)
class FeedbackAlignment(WeightShaped):
    """δₗ = (Bₗ δₗ₊₁) ⊙ φ' with fixed random Bₗ, where backprop has Wₗ₊₁ᵀ δₗ₊₁; each layer's own gradient is δₗ xᵀ as ever.

    The bias is whatever B and Wᵀ do not have in common: the last layer is exact, and for random weights the expected cosine of
    any other layer is 0; it grows while a model is trained along these very estimates. No variance: given the seed, the estimate
    is a function of the point. Costs backprop's forward passes, 3 for dense layers less the first one's input gradient. Memory:
    the activations of all layers, and a B as large as each weight but the first layer's, which is kept between calls.

    B has the law of weights when training begins (see `drawing`), and follows from the seed and the parameter's name, so that two
    weights of one shape have matrices of their own.

    Source: Lillicrap et al. 2014, arXiv 1411.0247.

    Args:
        seed: of all matrices.

    Example:
        >>> from estimators.objective import ModuleObjective
        >>> module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        >>> objective = ModuleObjective(module, torch.nn.functional.mse_loss, (torch.ones(5, 3), torch.ones(5, 2)))
        >>> estimator = FeedbackAlignment()
        >>> estimate, kept = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator())
        >>> {name: tuple(feedback.shape) for name, feedback in kept.items()}
        {'2.weight': (2, 4)}
    """

    seed: int = 0

    def feedback(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """The matrix that was drawn for this parameter; see `WeightShaped.feedback`."""
        if name not in kept:
            kept[name] = drawn_like(parameter, self.seed, name)
        return kept[name]
