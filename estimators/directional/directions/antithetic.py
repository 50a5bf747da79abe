"""Directions in pairs of opposite ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.space import Layout, Tangents, column
from estimators.directional.streams import Stream


@dataclass(frozen=True)
class Antithetic(Directions):
    """v₀, -v₀, v₁, -v₁, ...: tangents of another law, each followed by its opposite; E[v vᵀ] is the other law's.

    What does not change sign with a tangent cancels in a pair. A pair of one-sided differences, or of single measurements, is one
    central difference; a pair of exact derivatives is the same derivative twice, so that k of them are worth k/2. Of an odd
    number the last has no partner. Source: mirrored sampling, Brockhoff et al. 2010, doi 10.1007/978-3-642-15844-5_2;
    Salimans et al. 2017, arXiv 1703.03864.

    Args:
        of: the other law, random and symmetric, that draws a few tangents without all those before them.
    """

    of: Directions = field(default_factory=Gaussian)

    law = "antithetic"
    independent = False

    def __post_init__(self) -> None:
        """Check the law."""
        if not (self.of.random and self.of.symmetric and self.of.apart):
            raise ValueError(
                f"antithetic pairs are of a random, symmetric law such as gaussian or rademacher, not {self.of.law!r}"
            )
        object.__setattr__(self, "law", f"antithetic-{self.of.law}")  # as the theory names it

    def parameters(self) -> tuple[tuple[str, float], ...]:
        """Those of the other law; see `Directions.parameters`."""
        return self.of.parameters()

    def largest(self) -> float:
        """See `Directions.largest`."""
        return self.of.largest()

    def highest_rank(self) -> int | None:
        """See `Directions.highest_rank`."""
        return self.of.highest_rank()

    def draw(self, layout: Layout, indices: Sequence[int], stream: Stream) -> Tangents:
        """See `Directions.draw`; asks for each of the other law twice, and turns the second round in place."""
        signs = torch.tensor([-1.0 if index % 2 else 1.0 for index in indices], device=layout[0].device)
        tangents = self.of.draw(layout, [index // 2 for index in indices], stream)
        for rows in tangents.values():
            rows.mul_(column(signs.to(rows.dtype), rows))
        return tangents
