"""Where a tracked number changes its level. asv finds the levels; here it is decided which change of level counts.

asv fits a piecewise constant function by least absolute deviations and a penalty for each piece (`asv.step_detect`, after
Friedrich, Kempe, Liebscher and Winkler, Complexity penalized M-estimation, 2008). Numbers that equal code gives equal need no
statistics: with them every difference is a step.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.history.quantities import Quantity

THRESHOLD = 0.05
"""The relative change of level from which a step of what is measured counts: asv's own for what it calls a regression."""

_SAME = 1e-9  # relative difference of exact numbers that is rounding


@dataclass(frozen=True)
class Step:
    """A change of level.

    Attributes:
        at: the place of the first value after it.
        before: the level until then.
        after: the level from then on.
        settled: whether it is more than one value against another: two or more on either side, or numbers that are exact.
    """

    at: int
    before: float
    after: float
    settled: bool

    @property
    def worse(self) -> bool:
        """Whether the level has risen: of all that is tracked less is better."""
        return self.after > self.before

    @property
    def size(self) -> float:
        """How far apart the levels are, as the absolute logarithm of their ratio; infinite where one of them is 0."""
        if self.before <= 0 or self.after <= 0:
            return math.inf
        return abs(math.log(self.after / self.before))


@dataclass(frozen=True)
class _Level:
    """A stretch of `count` values around one level, the first of them at `left`."""

    left: int
    value: float
    error: float
    count: int


def steps(values: Sequence[float | None], quantity: Quantity, threshold: float = THRESHOLD) -> list[Step]:
    """The steps of one series.

    Args:
        values: in the order of commits; None where there is none.
        quantity: what they are numbers of.
        threshold: the relative change of level that counts, between 0 and 1, for what is not exact.

    Returns:
        In the order of commits; empty for quantities that are not judged.
    """
    if not quantity.judged:
        return []
    if quantity.exact:
        return list(_differences(values))
    found = []
    for before, after in pairwise(_levels(values)):
        limit = max(before.error, after.error, threshold * abs(before.value), quantity.least)
        if abs(after.value - before.value) > limit:
            settled = before.count > 1 and after.count > 1
            found.append(Step(after.left, before.value, after.value, settled))
    return found


def _differences(values: Sequence[float | None]) -> Iterator[Step]:
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    for (_, before), (place, after) in pairwise(known):
        if not math.isclose(before, after, rel_tol=_SAME):
            yield Step(place, before, after, settled=True)


def _levels(values: Sequence[float | None]) -> list[_Level]:
    """The levels asv finds, without those of a single value on the way from one to another: that may be noise."""
    from asv.step_detect import detect_steps

    found = [
        _Level(left, value, error, sum(one is not None for one in values[left:right]))
        for left, right, value, _, error in detect_steps(list(values))
    ]
    return [level for place, level in enumerate(found) if level.count > 1 or place in (0, len(found) - 1)]
