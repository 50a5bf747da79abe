"""Time to target: when a training first reaches the lowest validation loss that backprop reaches, over when backprop does.

T_f/T_b after Baydin et al. 2022 (arXiv 2202.08587, figures 3 and 4), seed by seed: both begin at the same weights and see the
same minibatches, and the target is that seed's. Validations are looked at as they are, so a time is known to one interval between
two of them. A training that ends before it gets there is censored: its ratio is larger than what was run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.statistics import mean_interval

Curve = Mapping[str, Any]
"""Columns of a training: `step`, `seconds`, `forwards`, `loss`, each an array of the same length."""


@dataclass(frozen=True)
class Ratio:
    """T_f/T_b over seeds.

    Attributes:
        reached: seeds in which the target was reached.
        of: seeds of which backprop has a target.
        value: geometric mean of the ratios; None unless all reached it.
        low: lower end of Student's 95 % interval of it over seeds, from two on.
        high: upper end.
        beyond: where it was not always reached: all censored ratios are larger than this.
    """

    reached: int
    of: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    beyond: float | None = None


def ratio(curves: Mapping[int, Curve], references: Mapping[int, Curve], axis: str) -> Ratio:
    """How much later a method reaches what backprop reaches.

    Args:
        curves: seed -> its training.
        references: seed -> backprop's.
        axis: the column that counts: `step`, `seconds` or `forwards`.
    """
    logs, beyond = [], []
    for seed in sorted(curves.keys() & references.keys()):
        target = lowest(references[seed])
        start = None if target is None else reached_at(references[seed], target, axis)
        if target is None or not start:  # it never improved, so there is nothing to be reached
            continue
        end = reached_at(curves[seed], target, axis)
        if end:
            logs.append(math.log(end / start))
        else:
            beyond.append(float(curves[seed][axis][-1]) / start)
    if not logs or beyond:
        return Ratio(len(logs), len(logs) + len(beyond), beyond=min(beyond, default=None))
    interval = mean_interval(logs)
    ends = (None if end is None else math.exp(end) for end in (interval.low, interval.high))
    return Ratio(len(logs), len(logs), math.exp(interval.value), *ends)


def lowest(curve: Curve) -> float | None:
    """The lowest validation loss of a training; None where there is no number."""
    losses = np.asarray(curve["loss"], dtype=float)
    found = losses[np.isfinite(losses)]
    return float(found.min()) if len(found) else None


def reached_at(curve: Curve, target: float, axis: str) -> float | None:
    """Where a training first has a loss that is no higher than the target; None where it never does."""
    there = np.flatnonzero(np.asarray(curve["loss"], dtype=float) <= target)
    value = float(curve[axis][there[0]]) if len(there) else math.nan
    return value if math.isfinite(value) else None
