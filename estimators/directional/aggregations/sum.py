"""The sum of derivative times tangent."""

from dataclasses import dataclass

from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.space import Tangents


@dataclass(frozen=True)
class Sum(Aggregation):
    """Σ dᵢ vᵢ: k times the mean; the gradient itself for the n basis vectors. Source: Flügel et al. 2024, arXiv 2410.17764."""

    law = "sum"
    of_derivatives = True

    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Aggregation.coefficients`."""
        return derivatives
