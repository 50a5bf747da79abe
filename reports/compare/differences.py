"""Rows of numbers that are compared by processes, and differences that are known exactly or not at all."""

import math
from collections.abc import Mapping
from statistics import geometric_mean

from benchmarks.comparison import LEAST_PROCESSES, Difference, paired, unpaired
from reports.compare.metrics import Compared
from reports.compare.rows import Row
from reports.compare.sides import Pair

UNKNOWN = Difference(math.nan, -math.inf, math.inf, 1.0, math.inf, 0.0)
"""Where a side has no number."""


def point(base: float, new: float) -> Difference:
    """The relative difference of two exact numbers; infinite where BASE is zero and NEW is not."""
    value = 0.0 if new == base else (new - base) / abs(base) if base else math.copysign(math.inf, new)
    return Difference(value, value, value, float(value == 0), 0.0, 0.0)


def by_processes(
    pair: Pair, compared: Compared, base: Mapping[int, float], new: Mapping[int, float], *, in_turns: bool
) -> Row | None:
    """The row of a number that has one value a process.

    Args:
        pair: the cell.
        compared: the number.
        base: process -> value, at least one.
        new: the same in NEW.
        in_turns: whether processes of equal numbers were measured in turns.

    Returns:
        None where a value is not above zero, which no run yields and a damaged record may.
    """
    common = sorted(base.keys() & new.keys())
    in_pairs = in_turns and len(common) > 1
    before, after = ([of[process] for process in (common if in_pairs else sorted(of))] for of in (base, new))
    if min(*before, *after) <= 0:
        return None
    counts = (len(before), len(after))
    reason = ""
    if min(counts) < LEAST_PROCESSES:
        several = "a claim that two things differ needs several processes: run again with --processes"
        reason = f"{several} {LEAST_PROCESSES} (here {counts[0]} and {counts[1]})"
    difference = paired(before, after) if in_pairs else unpaired(before, after)
    return Row(pair, compared, geometric_mean(before), geometric_mean(after), difference, counts, in_pairs, reason)
