"""Aggregations that keep the tangents best aligned with the gradient and drop the rest.

Biased, since the choice depends on the derivatives; in few dimensions or with few tangents their direction beats the mean's.
Source of all: Flügel et al. 2024, arXiv 2410.17764, its code.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.space import Tangents, column, norms


@dataclass(frozen=True)
class Max(Aggregation):
    """dᵢ vᵢ for the i with the largest |dᵢ|, which favours long tangents."""

    law = "max"
    linear = False

    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Aggregation.coefficients`."""
        return _only(derivatives, derivatives.abs())


@dataclass(frozen=True)
class MaxNormalised(Aggregation):
    """dᵢ vᵢ for the i with the largest |dᵢ| / ‖vᵢ‖: the tangent nearest to the gradient's line."""

    law = "max-normalised"
    linear = False

    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Aggregation.coefficients`."""
        return _only(derivatives, _scores(tangents, derivatives))


@dataclass(frozen=True)
class TopK(Aggregation):
    """(1/k) Σ dᵢ vᵢ over the i whose |dᵢ| / ‖vᵢ‖ is at most `margin` below the largest; k counts all tangents.

    Args:
        margin: 0 or more, in the unit of the gradient's norm.
    """

    margin: float = 0.1

    law = "top-k"
    linear = False
    homogeneous = False

    def __post_init__(self) -> None:
        """Check the bound."""
        if not self.margin >= 0:
            raise ValueError(f"margin must be 0 or more, got {self.margin}")

    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Aggregation.coefficients`."""
        scores = _scores(tangents, derivatives)
        kept = scores >= scores.amax(0) - self.margin
        return torch.where(kept, derivatives, 0) / len(derivatives)


def _scores(tangents: Tangents, derivatives: Tensor) -> Tensor:
    lengths = norms(tangents).to(derivatives.dtype)
    return derivatives.abs() / column(lengths.where(lengths > 0, torch.inf), derivatives)  # a zero tangent lies near no line


def _only(derivatives: Tensor, scores: Tensor) -> Tensor:
    """The derivative with the largest score, zero elsewhere."""
    kept = column(torch.arange(len(scores), device=scores.device), scores) == scores.argmax(0)
    return torch.where(kept, derivatives, 0)
