"""Trainings at several depths, judged: which of them train, by method, depth and learning rate."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reports.figures.selection import Row
from reports.figures.sweeps import by_depth
from reports.frames import Results, rows
from reports.names import rule_without_rate

TRAINS = 0.5
"""A training trains where its loss after the last step is at most this share of its baseline."""

LEAST = 3
"""Depths that make a family."""

_FAILED = ("wrong", "failed", "out-of-memory", "timeout")  # outcomes of what was tried; others say nothing about a rule


@dataclass(frozen=True)
class Attempt:
    """One method at one depth and learning rate.

    Attributes:
        method: update rule, with the estimator where that is not the same for all.
        depth: the number of layers; NaN where that does not matter.
        row: of `frames.Results.cells`.
        shares: of each seed the loss after the last step over the baseline; NaN where that is no number.
    """

    method: str
    depth: float
    row: Row
    shares: tuple[float, ...]

    @property
    def share(self) -> float:
        """The median over seeds; NaN where one of them has no number, or none was trained."""
        return float(np.median(self.shares)) if self.shares else math.nan

    @property
    def trained(self) -> int:
        """Seeds that train."""
        return sum(share <= TRAINS for share in self.shares)

    @property
    def trains(self) -> bool:
        """Whether every seed does that was tried; one that failed does not."""
        return self.row["outcome"] not in _FAILED and 0 < len(self.shares) == self.trained

    @property
    def lost(self) -> bool:
        """Whether it was tried, and a seed has no number at the end."""
        return self.row["outcome"] in _FAILED or any(map(math.isnan, self.shares))

    @property
    def whole(self) -> bool:
        """Whether every seed that was planned was tried."""
        return self.row["outcome"] == "ok" or self.row["outcome"] in _FAILED

    @property
    def lr(self) -> float:
        """The learning rate; NaN where the rule's spec names none."""
        return math.nan if self.row["lr"] is None else float(self.row["lr"])

    @property
    def rank(self) -> tuple[int, float]:
        """The larger, the better: seeds that train, then how low the loss is."""
        return self.trained, -self.share if math.isfinite(self.share) else -math.inf


@dataclass(frozen=True)
class Family:
    """Trainings of models that differ in depth alone.

    Attributes:
        title: the model.
        axis: what its depth is counted in, in the plural.
        steps: of each training.
        attempts: in the order of reports.
    """

    title: str
    axis: str
    steps: int
    attempts: tuple[Attempt, ...]

    @property
    def methods(self) -> list[str]:
        """Each once, in the order of reports."""
        return list(dict.fromkeys(attempt.method for attempt in self.attempts))

    @property
    def depths(self) -> list[float]:
        """Each once, rising."""
        return sorted({attempt.depth for attempt in self.attempts})

    def of(self, method: str, depth: float | None = None) -> list[Attempt]:
        """The attempts of a method, at a depth."""
        found = (attempt for attempt in self.attempts if attempt.method == method)
        return [attempt for attempt in found if depth is None or attempt.depth == depth]

    def best(self, method: str, depth: float) -> Attempt | None:
        """The attempt whose learning rate does best there; None where none was tried."""
        tried = [attempt for attempt in self.of(method, depth) if attempt.shares or attempt.lost]
        return max(tried, key=lambda attempt: attempt.rank, default=None)

    def deepest(self, method: str) -> Attempt | None:
        """The deepest attempt that trains, at the learning rate that does best there; None where none trains."""
        trained = [attempt.depth for attempt in self.of(method) if attempt.trains]
        return self.best(method, max(trained)) if trained else None


def families_of(results: Results) -> list[Family]:
    """Families of at least `LEAST` depths, those with most attempts first."""
    found: dict[tuple[str, str, str, int], list[tuple[float, Row]]] = {}
    for row in rows(results.of("training")):
        place = by_depth(row)
        if place is not None:
            found.setdefault((place.shared, place.family, place.axis, int(row["steps"])), []).append((place.x, row))
    families = []
    for (_, title, axis, steps), placed in found.items():
        if len({x for x, _ in placed}) >= LEAST:
            several = len({row["name"] for _, row in placed}) > 1
            attempts = tuple(attempt_of(row, several, x) for x, row in placed)
            families.append(Family(title, axis, steps, attempts))
    return sorted(families, key=lambda family: -len(family.attempts))


def attempt_of(row: Row, several: bool, depth: float = math.nan) -> Attempt:
    """A training, judged.

    Args:
        row: of `frames.Results.cells`.
        several: whether the method is named by its estimator, too.
        depth: number of layers; NaN where that does not matter.
    """
    rule = rule_without_rate(row["rule"])
    shares = tuple(_share(curve["loss"], row.get("chance_loss")) for curve in row["curves"].values())
    return Attempt(f"{row['name'].text} · {rule}" if several else rule, depth, row, shares)


def _share(losses: Iterable[float], chance: float | None) -> float:
    values = np.asarray(losses, dtype=float)
    baseline = float(values[0]) if chance is None or not chance > 0 else float(chance)
    found = float(values[-1]) / baseline if len(values) and baseline > 0 else math.nan
    return found if math.isfinite(found) else math.nan
