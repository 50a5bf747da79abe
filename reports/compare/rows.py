"""What counts as a change, and one number of one cell on both sides with what its difference comes to."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from benchmarks.comparison import Difference, Sensitivity, Verdict, detection_limit, error_behind, verdict
from benchmarks.doctor.noise import NoiseFloor
from benchmarks.records import TRAINING
from reports.compare.metrics import Compared, How
from reports.compare.sides import Pair

THRESHOLD = 0.03
"""The relative change that matters unless another is asked for."""

_LARGEST = 0.99  # what a rule takes for noise at most: beyond that nothing can be told apart


@dataclass(frozen=True)
class Rule:
    """What counts as a change.

    Attributes:
        threshold: the relative change that matters, between 0 and 1.
        noise_floor: half-width of a comparison of equal code on this machine, relative; None where it is not known.
        source: where the noise floor comes from, in words; empty where it was given.
        limit: the detection limit that goes with the noise floor, relative; None for what the comparison itself comes to.
    """

    threshold: float = THRESHOLD
    noise_floor: float | None = None
    source: str = ""
    limit: float | None = None

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: one is not between 0 and 1.
        """
        for name in ("threshold", "noise_floor", "limit"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")

    @classmethod
    def of(cls, floor: NoiseFloor, processes: int, threshold: float = THRESHOLD, *, in_turns: bool = True) -> "Rule":
        """The rule of a place whose noise floor is known.

        Args:
            floor: what `gradgauge doctor` found there.
            processes: on each side.
            threshold: the relative change that matters.
            in_turns: whether the sides were measured in turns, or one after the other.
        """
        how = "in turns" if in_turns else "one after the other"
        source = (
            f"of {processes} processes on each side, {how}, from {floor.pairs} pairs that ran equal code on {floor.taken[:10]}"
        )
        half_width = floor.half_width(processes, in_turns=in_turns)
        limit = floor.detection_limit(processes, threshold, in_turns=in_turns)
        return cls(threshold, min(half_width, _LARGEST), source, min(limit, _LARGEST))

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
        counts: processes, draws or seeds on both sides; None where neither is counted.
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

    @property
    def in_processes(self) -> bool:
        """Whether it is compared by the medians of processes: a time."""
        return self.compared.how is How.PROCESSES

    @property
    def settles(self) -> bool:
        """Whether it may be a suspect of a screening: a time that is measured again by itself, as those of trainings are not."""
        return self.in_processes and self.pair.kind != TRAINING

    def relative(self, value: float) -> float:
        """A value on the scale of the difference as a ratio of NEW to BASE."""
        return math.exp(value) if self.compared.how is How.PROCESSES else 1 + value

    def limit(self, rule: Rule) -> float:
        """The relative change that this row would have shown in four cases of five; NaN for an exact number."""
        if self.compared.how is How.EXACT:
            return math.nan
        rule = self.rule or rule
        bound = rule.theta if self.in_processes else rule.threshold
        return self.relative(detection_limit(self.difference, self._scaled(bound))) - 1

    def loss(self, rule: Rule) -> bool:
        """Whether it is a decided change for the worse that exceeds the threshold."""
        return self.verdict is self.compared.loss and abs(self.difference.value) > self._scaled(rule.threshold)

    def decided(self, adjusted_p: float, rule: Rule, typical: float) -> "Row":
        """The same row with its verdict.

        Args:
            adjusted_p: after false discovery control.
            rule: what counts as a change.
            typical: standard error of a typical row of this number.
        """
        if self.compared.how is How.EXACT:
            return replace(self, verdict=_exactly(self.base, self.new))
        band = self._scaled(rule.threshold)
        if not self.in_processes:
            return replace(self, adjusted_p=adjusted_p, verdict=verdict(self.difference, adjusted_p, band, band))
        found = verdict(self.difference, adjusted_p, band, self._scaled(rule.theta), self._sensitivity(rule, typical))
        return replace(self, adjusted_p=adjusted_p, verdict=found)

    def _sensitivity(self, rule: Rule, typical: float) -> Sensitivity:
        degrees = self.difference.degrees
        error = max(typical, error_behind(math.log1p(rule.noise_floor or 0.0), degrees))
        if rule.limit is not None:
            return Sensitivity(self._scaled(rule.limit), error)
        return Sensitivity(detection_limit(replace(self.difference, error=error), self._scaled(rule.theta)), error)

    def _scaled(self, bound: float) -> float:
        return math.log1p(bound) if self.compared.how is How.PROCESSES else bound


def _exactly(base: float, new: float) -> Verdict:
    return Verdict.SAME if base == new else Verdict.MORE if new > base else Verdict.LESS
