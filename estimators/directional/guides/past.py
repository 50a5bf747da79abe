"""Pointing along the last estimates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from estimators.directional.guides import Pointer, Vector
from estimators.estimator import Declaration, Estimate, Shapes
from estimators.objective import Objective

Memory = tuple[Vector, ...]
"""The last estimates, the latest at the end."""


@dataclass(frozen=True)
class Past(Pointer):
    """Along each of the last s estimates. Until there are so many, along those there are; all tangents of the first are drawn.

    One tangent always is, for along the past alone nothing new would be seen.
    Source: the surrogate gradients of Maheswaranathan et al. 2018, arXiv 1806.10230.

    Args:
        size: s, 1 or more.
    """

    size: int = 4

    def __post_init__(self) -> None:
        """Check the bound."""
        if self.size < 1:
            raise ValueError(f"size must be 1 or more, got {self.size}")

    def fewest(self) -> int:
        """One more than point back; see `Guide.fewest`."""
        return self.size + 1

    def start(self, objective: Objective) -> Memory:
        """Nothing; see `Guide.start`."""
        return ()

    def vectors(self, objective: Objective, memory: Memory) -> tuple[Sequence[Vector], Memory]:
        """See `Pointer.vectors`."""
        return memory, memory

    def kept(self, memory: Memory, estimate: Estimate) -> Memory:
        """See `Guide.kept`."""
        return (*memory, {name: tensor.clone() for name, tensor in estimate.items()})[-self.size :]

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """See `Guide.declared`; estimates of one gradient, and so the tangents along them, are alike."""
        return replace(super().declared(plain, shapes, batch, k), memory="guided", independent_tangents=False)
