"""The mean of derivative times tangent."""

from dataclasses import dataclass

from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.space import Tangents


@dataclass(frozen=True)
class Mean(Aggregation):
    """(1/k) Σ dᵢ vᵢ: unbiased wherever E[v vᵀ] = I. Source: Baydin et al. 2022, arXiv 2202.08587; Flügel et al. 2024."""

    law = "mean"
    of_derivatives = True

    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Aggregation.coefficients`."""
        return derivatives if len(derivatives) == 1 else derivatives / len(derivatives)
