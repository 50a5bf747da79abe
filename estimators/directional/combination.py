"""The estimate of a directional estimator: a combination of its tangents."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor

from estimators.directional.space import Tangents, matrix
from estimators.estimator import Estimate


@dataclass
class LinearCombination(Estimate):
    """Σ cᵢ vᵢ, formed block by block; the tangents of a block are given up when it is formed."""

    loss: Tensor
    tangents: Tangents
    coefficients: Tensor
    formed: dict[str, Tensor] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """See `Estimate.items`."""
        for name in (*self.formed, *self.tangents):
            if name not in self.formed:
                self.formed[name] = _combine(self.tangents.pop(name), self.coefficients)
            yield name, self.formed[name]


def _combine(rows: Tensor, coefficients: Tensor) -> Tensor:
    """Σ cᵢ vᵢ of one block; a single tangent, which is the estimate's own, is scaled in place."""
    coefficients = coefficients.to(rows.dtype)
    if len(rows) == 1:
        return rows[0].mul_(coefficients[0])
    return (coefficients @ matrix(rows)).view(rows.shape[1:])
