"""One part of a run that several machines share, such as a task of a job array: `2/8` is the second of eight.

Parts are cut from a list that is the same everywhere, by expected times that are the same everywhere: what a part holds depends
on nothing that one machine has and another lacks. A part is a stretch of neighbours, so that what is compared with each other
(the estimators on one problem) is mostly measured on one machine.
"""

import bisect
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True)
class Shard:
    """One part of several.

    Attributes:
        number: which, from 1.
        of: how many there are.

    Example:
        >>> Shard.parse("2/8")
        Shard(number=2, of=8)
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """The part that a text such as `2/8` names.

        Raises:
            ValueError: it names none.
        """
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError(f"expected i/N with i from 1 to N, such as 2/8, got {text!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def stretch(seconds: Sequence[float], shard: Shard) -> range:
    """The places that belong to a part: all parts together hold each place once, and none is empty.

    Args:
        seconds: what is shared, by how long each takes, in order.
        shard: which part; there must be at most as many as places.

    Returns:
        Neighbouring places. What they take together passes a fair share of the whole by at most the longest of all.
    """
    ends = [0.0, *itertools.accumulate(seconds)]
    cuts = [0]
    for number in range(1, shard.of):
        at = _nearest(ends, number / shard.of * ends[-1])
        cuts.append(min(max(at, cuts[-1] + 1), len(seconds) - (shard.of - number)))
    cuts.append(len(seconds))
    return range(cuts[shard.number - 1], cuts[shard.number])


def _nearest(ends: Sequence[float], value: float) -> int:
    """The place in an ascending sequence whose value is nearest."""
    after = min(bisect.bisect_left(ends, value), len(ends) - 1)
    return after if after == 0 or ends[after] - value < value - ends[after - 1] else after - 1
