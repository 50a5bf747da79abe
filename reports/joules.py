"""Recorded energies: what they lie between, how they are written, and why they are not there.

Two kinds of doubt are kept apart. The interval over windows is how far repetitions scatter; the error bound of the counter, whose
value moves in steps, is in every window, and no repetition makes it smaller. What is claimed must hold with both at their worst.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.frames import column, rows
from reports.text import NOTHING, count, number, scaled

TOTAL, NET = "energy", "energy_net"
"""Metrics: the energy of one gradient in joules, and the same without what the idle device draws in that time."""

Ends = tuple[float, float, float]
"""A value, and what it surely lies between; NaN where that is not known."""

_RATIO = "energy_ratio_to_backprop"
_UNITS = ((1e3, "kJ"), (1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ"), (1e-9, "nJ"))


def reckoned(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The cells with `value`, `low` and `high` of an energy, and the error `bound` of its counter, in joules; NaN where unknown.

    Args:
        cells: of kind `energy`.
        metric: `TOTAL` or `NET`.
    """
    ends = {"value": metric, "low": f"{metric}_low", "high": f"{metric}_high", "bound": f"{metric}_bound"}
    return cells.assign(**{name: column(cells, source) for name, source in ends.items()})


def surely(row: Mapping[str, Any], metric: str) -> Ends:
    """An energy of a cell, and its ends with the error bound of the counter beyond those of the interval.

    Args:
        row: a cell of kind `energy`.
        metric: `TOTAL` or `NET`, or one of these with the prefix `backprop_` or `base_`.
    """
    value, low, high, bound = (_number(row.get(f"{metric}{end}")) for end in ("", "_low", "_high", "_bound"))
    return value, low - bound, high + bound


def over_backprop(row: Mapping[str, Any], metric: str) -> Ends:
    """An energy of a cell over that of backprop, measured in the same process, and what that surely lies between.

    In all it is the ratio that was paired round by round, its ends moved apart by the error bounds of both counters. Net of idle
    it is the quotient of both, each at its worst.

    Args:
        row: see `surely`.
        metric: `TOTAL` or `NET`.
    """
    own, reference = surely(row, metric), surely(row, f"backprop_{metric}")
    if metric == NET:
        return _over(own[0], reference[0]), _over(own[1], reference[2]), _over(own[2], reference[1])
    value, low, high = (_number(row.get(f"{_RATIO}{end}")) for end in ("", "_low", "_high"))
    wide, its = (_over(_number(row.get(f"{of}_bound")), _number(row.get(of))) for of in (metric, f"backprop_{metric}"))
    return value, low * (1 - wide) / (1 + its), _over(high * (1 + wide), 1 - its)


def unavailable(cells: pd.DataFrame) -> list[str]:
    """Why cells of kind `energy` have no energy: how many, what became of them, and the reason, alike ones together."""
    found: dict[tuple[str, str], int] = {}
    for row in rows(cells[column(cells, TOTAL).isna()]):
        key = (row["outcome"], row["reason"])
        found[key] = found.get(key, 0) + 1
    return [_told(outcome, reason, quantity) for (outcome, reason), quantity in found.items()]


def joules(value: float | None) -> str:
    """An energy in the largest unit that leaves at least one before the point, or a dash where there is none."""
    return "0 J" if value == 0 else scaled(value, _UNITS)


def joule_tick(value: float) -> str:
    """A round energy at an axis."""
    return joules(value).replace(".00", "").replace(".0 ", " ")


def energy_interval(value: float | None, low: float | None, high: float | None) -> str:
    """`value [low, high]`, or the value with a word where it has no interval."""
    said, ends = joules(value), [joules(low), joules(high)]
    if said == NOTHING:
        return said
    return f"{said} (no interval)" if NOTHING in ends else f"{said} [{ends[0]}, {ends[1]}]"


def watts(value: float | None) -> str:
    """A power, or a dash where there is none."""
    return NOTHING if number(value) == NOTHING else f"{number(value)} W"


def _told(outcome: str, reason: str, quantity: int) -> str:
    said = f"{count(quantity, 'cell')} {'without a reading' if outcome == 'ok' else outcome}"
    return f"{said} ({reason.rstrip('.')})" if reason else said


def _over(value: float, divisor: float) -> float:
    return value / divisor if divisor > 0 else math.nan


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
