"""The mean of derivative times tangent, times the dimension."""

from dataclasses import dataclass

from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.space import Tangents


@dataclass(frozen=True)
class MeanTimesN(Aggregation):
    """(n/k) Σ dᵢ vᵢ: unbiased for isotropic tangents of length one. Source: Flügel et al. 2024, arXiv 2410.17764, its code."""

    law = "mean-times-n"
    of_derivatives = True

    def coefficients(self, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Aggregation.coefficients`."""
        n = sum(rows[0].numel() for rows in tangents.values())
        return derivatives * (n / len(derivatives))
