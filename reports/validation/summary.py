"""What the trials come to: false alarms, slowdowns that were found, and the spread behind them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import geometric_mean, median
from typing import Any

from benchmarks.doctor.noise import NoiseFloor
from reports import names
from reports.validation.verdicts import EQUAL, Judged

STEADY = 0.01
"""The standard deviation over processes up to which L is asked to be no more than 3 %."""


def sides(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """What each side was called, equal code first."""
    return [_side([one for one in judged if one.side == side]) for side in dict.fromkeys(one.side for one in judged)]


def _side(judged: Sequence[Judged]) -> dict[str, Any]:
    verdicts = [one.verdict for one in judged]
    return {
        "side": judged[0].side,
        "planted": judged[0].planted,
        "comparisons": len(judged),
        **{word: verdicts.count(word) for word in ("slower", "faster", "same", "undecided")},
        "mean_ratio": geometric_mean([one.row.relative(one.row.difference.value) for one in judged]),
        "half_width": median(one.half_width for one in judged),
    }


@dataclass(frozen=True)
class Spread:
    """How far equal code of one cell differs from process to process.

    Attributes:
        estimator: short spec.
        problem: short spec.
        processes: standard deviation of the logarithm of a process's median, from the differences within pairs.
        limit: the detection limit of a comparison of this cell alone, relative.
    """

    estimator: str
    problem: str
    processes: float
    limit: float


def spreads(judged: Sequence[Judged], floor: NoiseFloor, processes: int) -> list[Spread]:
    """The spread of every cell, from all comparisons of equal code.

    Args:
        judged: of all sides; the planted ones are left out.
        floor: of the machine.
        processes: on each side of a comparison.
    """
    cells: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        if one.side == EQUAL:
            cells.setdefault((one.row.pair.estimator, one.row.pair.problem), []).append(one)
    found = []
    for (estimator, problem), own in cells.items():
        here = pooled(own, floor, processes)
        limit = here.detection_limit(processes)
        found.append(Spread(names.estimator(estimator).text, names.problem(problem), here.spread / math.sqrt(2), limit))
    return found


def pooled(judged: Sequence[Judged], floor: NoiseFloor, processes: int) -> NoiseFloor:
    """The noise floor that comparisons of equal code show by themselves, as the doctor makes its own.

    Args:
        judged: comparisons of equal code.
        floor: of the doctor: the place and the time are taken from it.
        processes: pairs behind each comparison.
    """
    squares = [one.row.difference.error**2 * processes for one in judged]
    cells = len({(one.row.pair.estimator, one.row.pair.problem) for one in judged})
    degrees = (processes - 1) * len(judged)
    spread = math.sqrt(sum(squares) / len(squares))
    return replace(floor, spread=spread, apart=max(spread, floor.apart), degrees=degrees, pairs=degrees // cells, cells=cells)


def figures(judged: Sequence[Judged], floor: NoiseFloor, limit: float, processes: int) -> dict[str, Any]:
    """Everything that a reader of the table asks first, as JSON values; shares and changes are relative.

    Args:
        judged: of all sides.
        floor: the doctor's.
        limit: L: what was planted once and twice.
        processes: on each side of a comparison.
    """
    own = pooled([one for one in judged if one.side == EQUAL], floor, processes)
    steady = [spread for spread in spreads(judged, floor, processes) if spread.processes <= STEADY]
    return {
        "sides": sides(judged),
        "limit": limit,
        "floor": {"spread": floor.spread, "pairs": floor.pairs, "cells": floor.cells, "half_width": floor.half_width(processes)},
        "own": {"spread": own.spread, "half_width": own.half_width(processes), "limit": own.detection_limit(processes)},
        "steady_cells": len(steady),
        "steady_largest_limit": max((spread.limit for spread in steady), default=None),
    }
