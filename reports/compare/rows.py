"""What counts as a change, and one number of one cell on both sides with what its difference comes to."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from benchmarks.comparison import Difference, Verdict, detection_limit, verdict
from reports.compare.metrics import Compared, How
from reports.compare.sides import Pair

THRESHOLD = 0.03
"""The relative change that matters unless another is asked for."""


@dataclass(frozen=True)
class Rule:
    """What counts as a change.

    Attributes:
        threshold: the relative change that matters, between 0 and 1.
        noise_floor: half-width of a comparison of equal code on this machine, relative; None where it is not known.
        source: where the noise floor comes from, in words; empty where it was given.
    """

    threshold: float = THRESHOLD
    noise_floor: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: one is not between 0 and 1.
        """
        for name in ("threshold", "noise_floor"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")

    @property
    def theta(self) -> float:
        """The change that an interval of times must reach beyond for its cell to be called different."""
        return max(self.threshold, self.noise_floor or 0.0)


class Stage(StrEnum):
    """Which measurement a row rests on, where two versions were screened first and suspects measured again."""

    ONCE = "once"
    SCREENED = "screened"
    SUSPECT = "suspect"
    SETTLED = "settled"


@dataclass(frozen=True)
class Row:
    """One number of one cell on both sides.

    Attributes:
        pair: the cell.
        compared: which number, and how it is compared.
        base: its value in BASE; over several processes the geometric mean of their medians.
        new: its value in NEW.
        difference: between them: of logarithms for processes, over the size of BASE's for the others.
        counts: processes, or draws, on both sides; None where neither is counted.
        in_pairs: whether processes were measured in turns, and compared in pairs.
        reason: why there is no verdict; empty where there is one, be it `undecided`.
        adjusted_p: after false discovery control over the rows of this metric that have a verdict.
        verdict: what it comes to.
        stage: `once` in a comparison of two folders; else `screened`, or `suspect` and then `settled` in a row of its own.
        rule: by which it was judged, where that is not the comparison's.
    """

    pair: Pair
    compared: Compared
    base: float
    new: float
    difference: Difference
    counts: tuple[int, int] | None
    in_pairs: bool = False
    reason: str = ""
    adjusted_p: float = 1.0
    verdict: Verdict = Verdict.UNDECIDED
    stage: Stage = Stage.ONCE
    rule: Rule | None = None

    @property
    def judged(self) -> bool:
        """Whether a verdict could be drawn."""
        return not self.reason

    def relative(self, value: float) -> float:
        """A value on the scale of the difference as a ratio of NEW to BASE."""
        return math.exp(value) if self.compared.how is How.PROCESSES else 1 + value

    def limit(self, rule: Rule) -> float:
        """The relative change that this row would have shown in four cases of five; NaN for an exact number."""
        if self.compared.how is How.EXACT:
            return math.nan
        rule = self.rule or rule
        bound = rule.threshold if self.compared.how is How.MEANS else rule.theta
        return self.relative(detection_limit(self.difference, self._scaled(bound))) - 1

    def loss(self, rule: Rule) -> bool:
        """Whether it is a decided change for the worse that exceeds the threshold."""
        return self.verdict is self.compared.loss and abs(self.difference.value) > self._scaled(rule.threshold)

    def decided(self, adjusted_p: float, rule: Rule) -> "Row":
        """The same row with its verdict."""
        if self.compared.how is How.EXACT:
            return replace(self, verdict=_exactly(self.base, self.new))
        band, theta = self._scaled(rule.threshold), self._scaled(rule.theta)
        found = verdict(self.difference, adjusted_p, band, band if self.compared.how is How.MEANS else theta)
        return replace(self, adjusted_p=adjusted_p, verdict=found)

    def _scaled(self, bound: float) -> float:
        return math.log1p(bound) if self.compared.how is How.PROCESSES else bound


def _exactly(base: float, new: float) -> Verdict:
    return Verdict.SAME if base == new else Verdict.MORE if new > base else Verdict.LESS
