"""Pointing along the momentum of past estimates."""

from collections.abc import Sequence
from dataclasses import dataclass

from estimators.directional.guides import Pointer, Vector
from estimators.estimator import Estimate
from estimators.objective import Objective

Memory = Vector | None
"""The momentum; None before the first estimate."""


@dataclass(frozen=True)
class Momentum(Pointer):
    """Along m, the mean of past estimates with weights that decay: m ← b m + (1 - b) estimate.

    The first estimate has no past: all its tangents are drawn. At least one always is, for along m alone every estimate would
    stay on the line of the first. With the projection, and a gradient that stays where it is, each call comes nearer: for b = 0,
    where m is the previous estimate, and k tangents, the expected relative error of call t is
    (1 - k/n) (1 - (k-1)/(n-1))^(t-1) (`estimators.theory.remembered_direction`). A momentum lags behind.
    Source: Silver et al. 2022, "Learning by directional gradient descent", ICLR.

    Args:
        decay: b, from 0 (the previous estimate alone) to below 1.
    """

    decay: float = 0.9

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 <= self.decay < 1:
            raise ValueError(f"decay must be from 0 to below 1, got {self.decay}")

    def fewest(self) -> int:
        """Two; see `Guide.fewest`."""
        return 2

    def vectors(self, objective: Objective, memory: Memory) -> tuple[Sequence[Vector], Memory]:
        """See `Pointer.vectors`."""
        return [] if memory is None else [memory], memory

    def kept(self, memory: Memory, estimate: Estimate) -> Memory:
        """See `Guide.kept`."""
        if memory is None:
            return {name: tensor.clone() for name, tensor in estimate.items()}
        return {name: memory[name].lerp(tensor, 1 - self.decay) for name, tensor in estimate.items()}
