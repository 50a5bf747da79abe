"""What one step gains along each estimate, and for its price: cells of kind `step` beside those of kind `cost`.

A gain is the expected decrease of the loss with the best step size over the decrease along the exact gradient with its own, both
from one cell; a price is what an estimate costs over what backprop costs. Both together are worked out here and never recorded.
The interval of a gain (over draws) and that of a time (over rounds or processes) are kept apart: a claim needs both.
"""

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.records import EAGER, STEP
from reports.frames import Results, rows
from reports.worth import ends

FORWARDS, SECONDS = "forwards_to_backprop", "ratio_to_backprop"
"""Prices."""

_OVER_THE_GRADIENT = {"gain": "decrease", "own_gain": "draw_decrease"}


def gains(results: Results) -> list[dict[str, Any]]:
    """The cells of kind `step`, each with what its step gains and costs.

    Returns:
        Rows of `results.of("step")` with every number of a step (NaN where it is not known); and `gain`, `own_gain` (with the
        step that is best for each draw alone), `ratio_to_backprop` and `forwards_to_backprop`, each with `_low` and `_high`;
        `gain_expected`; `time` in ns; `remembers`.
    """
    costs = {_key(row): row for row in rows(results.of("cost")) if row["execution"] == EAGER}
    found = [_gain(row, costs.get(_key(row), {})) for row in rows(results.of(STEP))]
    backprop = {row["panel"]: row["estimate_forwards"] for row in found if row["estimator"] == "backprop"}
    for row in found:
        relative = _over(row["estimate_forwards"], backprop.get(row["panel"], math.nan))
        row |= dict.fromkeys(ends(FORWARDS), relative)  # counted: both ends are the value
    return found


def _gain(row: Mapping[str, Any], cost: Mapping[str, Any]) -> dict[str, Any]:
    most = _number(row, "gradient_decrease")
    over = {
        end: _over(_number(row, name), most)
        for gain, metric in _OVER_THE_GRADIENT.items()
        for end, name in zip(ends(gain), ends(metric), strict=True)
    }
    return {
        **row,
        **{name: _number(row, name) for metric in _OF_A_STEP for name in ends(metric)},
        **over,
        "gain_expected": _over(_number(row, "decrease_expected"), most),
        **{name: _number(row, name) for name in ("best_step_expected", "best_step_z", "best_step_count", "estimate_forwards")},
        **{name: _number(cost, name) for name in (*ends(SECONDS), "time")},
        "remembers": bool((row["facts"].get("declared") or {}).get("remembers")),
    }


_OF_A_STEP = ("loss", "best_step", "decrease", "relative_decrease", "draw_step", "gradient_step", "gradient_decrease")


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["panel"], row["estimator"]


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return math.nan if value is None else float(value)


def _over(value: float, divisor: float) -> float:
    return value / divisor if divisor > 0 else math.nan
