"""Orthogonal directions."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from estimators.directional.aggregations.projection import gram_matrix
from estimators.directional.directions import Directions
from estimators.directional.space import Layout, Tangents, dimension, matrix
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Orthogonal(Directions):
    """Random directions orthogonal to each other, each uniform on the sphere of radius √n: E[v vᵀ] = I.

    Their mean of d v is (n/k) times the projection onto their span: unbiased, relative error n/k - 1, and the gradient itself at
    k = n. Gaussian vectors made orthogonal one after another, over all coordinates together, so tangent i follows from tangents
    0 ... i; after n of them a new, independent set begins. Source: Choromanski et al. 2018, arXiv 1804.02395.
    """

    law = "orthogonal"
    isotropic = True
    apart = False

    def products(self, k: int) -> float:
        """Of every tangent with every other, and of all with the factor that makes them orthogonal; see `Directions.products`."""
        return 2.0 * k**2

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; draws all tangents of a set up to the last one asked for."""
        n = dimension(layout)
        tangents = {b.name: torch.empty((len(indices), *b.shape), dtype=b.dtype, device=b.device) for b in layout}
        for first in sorted({index - index % n for index in indices}):
            wanted = [(row, index - first) for row, index in enumerate(indices) if first <= index < first + n]
            rows, places = map(list, zip(*wanted, strict=True))
            whole = stream.normal(layout, range(first, first + max(places) + 1))
            inverse = _inverse_factor(whole) * n**0.5
            for name, drawn in whole.items():
                wide = torch.promote_types(drawn.dtype, torch.float32)  # large numbers cancel where k is near n
                mixed = inverse[places].to(wide) @ matrix(drawn).to(wide)
                tangents[name][rows] = mixed.view(len(rows), *drawn.shape[1:]).to(drawn.dtype)
        return tangents


def _inverse_factor(tangents: Tangents) -> torch.Tensor:
    """L⁻¹ of the Gram matrix L Lᵀ in float64: its rows make the tangents orthonormal one after another."""
    factor = torch.linalg.cholesky(gram_matrix({name: rows.double() for name, rows in tangents.items()}))
    identity = torch.eye(len(factor), dtype=factor.dtype, device=factor.device)
    inverse: torch.Tensor = torch.linalg.solve_triangular(factor, identity, upper=False)
    return inverse
