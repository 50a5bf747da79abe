"""What a measurement is asked for. No torch here: the driver makes these, a worker uses them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estimators.estimator import Estimator


@dataclass(frozen=True)
class Settings:
    """How precisely, for how long at most, and beside what one cell is measured.

    Attributes:
        seed: of everything random in the measurement; a seed of its own for each cell keeps cells independent.
        precision: half-width of the 95 % interval of the multiple, relative to it, at which timing stops.
        budget_s: seconds that the adaptive part of one kind of measurement may take.
        draws: number of estimates for quality; None for as many as bring the standard error of the mean cosine to 1 % of it.
        references: name (`backprop`, `checkpointed-backprop`; `eager` for what is compiled here) -> estimator, timed in the same
            rounds.
        pause: between two rounds of a cost, see `benchmarks.harness.rounds.Pause`.
    """

    seed: int = 0
    precision: float = 0.02
    budget_s: float = 10.0
    draws: int | None = None
    references: Mapping[str, Estimator] = field(default_factory=dict)
    pause: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not self.precision > 0:
            raise ValueError(f"precision must be positive, got {self.precision}")
        if not self.budget_s > 0:
            raise ValueError(f"budget_s must be positive, got {self.budget_s}")
        if self.draws is not None and self.draws < 2:
            raise ValueError(f"draws must be 2 or more, or None, got {self.draws}")


def derived_seed(seed: int, purpose: str) -> int:
    """A 63-bit seed of its own for each purpose, so that what is drawn for one never repeats what is drawn for another."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:8]) >> 1
