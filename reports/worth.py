"""What each estimator costs, holds, takes and yields on each problem: cost, memory, energy and quality, and over backprop's.

Value combines cells, so it is worked out here and never recorded. The interval of an efficiency (over draws) and that of a time
(over rounds or processes) or an energy (over windows) are kept apart: a claim needs both.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from benchmarks.records import EAGER, EXECUTED
from reports.frames import Results, rows
from reports.joules import NET, TOTAL, over_backprop, surely
from reports.pooling import OUTCOMES

_IDENTITY = ("estimator", "problem", "name", "series", "panel", "n")
_COST = ("multiple", "time", "ratio_to_backprop", "ratio_to_checkpointed_backprop", "flop_multiple")
_METRICS = {"cost": _COST, "memory": ("peak_bytes",), "quality": ("efficiency", "cosine"), "energy": (TOTAL, NET)}
_EXACT = ("flop_multiple", "peak_bytes")  # counted: both ends of their interval are the value
_OVER_BACKPROP = {"flop_multiple": "flops_to_backprop", "peak_bytes": "peak_to_backprop"}
_ENERGY_OVER_BACKPROP = {TOTAL: "energy_to_backprop", NET: "net_to_backprop"}
_GRAVE = ("wrong", *OUTCOMES)
_OWN = ("execution", "label", "outcome", "marks", "processes", "remembers")

_Key = tuple[str, str, str]


def offers(results: Results) -> pd.DataFrame:
    """One row for each estimator, problem and execution of which anything but the contract was planned.

    Returns:
        Columns: `estimator`, `problem`, `execution`, `name`, `series`, `label`, `panel`, `n`; `outcome` (the gravest of the kinds
        with a number), `marks` (of all of these), `processes`, `remembers` (whether estimates depend on earlier ones); for each
        metric M of `multiple`, `time`, `ratio_to_backprop`, `ratio_to_checkpointed_backprop`, `flop_multiple`, `peak_bytes`,
        `efficiency`, `cosine`, `energy`, `energy_net`, of `flops_to_backprop` and `peak_to_backprop` (over eager backprop's on
        the same problem), of `energy_to_backprop` and `net_to_backprop` (over backprop's in the same process) `M`, `M_low` and
        `M_high`; NaN where it is not known. The ends of an energy take in the error bound of its counter. Quality is that of the
        eager estimate.
    """
    kinds = {kind: {_key(row): row for row in rows(results.of(kind))} for kind in _METRICS}
    keys = dict.fromkeys(key for of in kinds.values() for key in of)
    found = [_offer(key, _beside(kinds, key)) for key in keys]
    references = {row["panel"]: row for row in found if row["estimator"] == "backprop" and row["execution"] == EAGER}
    for row in found:
        _set_over_backprop(row, references.get(row["panel"], {}))
    over = (*_OVER_BACKPROP.values(), *_ENERGY_OVER_BACKPROP.values())
    metrics = [*(metric for of in _METRICS.values() for metric in of), *over]
    return pd.DataFrame(found, columns=[*_IDENTITY, *_OWN, *(end for metric in metrics for end in ends(metric))])


def bought(row: Mapping[str, Any], price: str, gain: str = "efficiency") -> dict[str, float]:
    """What a price buys: a gain over the price, and thus over what the reference buys, where both are 1 for it.

    Args:
        row: of `offers`, or of `reports.gains`.
        price: a metric of it, such as `ratio_to_backprop`.
        gain: another: η, or what one step gains.

    Returns:
        `value`; `low` and `high` when the gain lies anywhere in its interval and the price is its median; `least` and `most`
        when both lie anywhere in theirs, for claims. NaN where one is not known.
    """
    value, low, high = (row[end] for end in ends(gain))
    cost, cheapest, dearest = (row[end] for end in ends(price))
    return {
        "value": _over(value, cost),
        "low": _over(low, cost),
        "high": _over(high, cost),
        "least": _over(low if math.isnan(low) else max(low, 0.0), dearest),
        "most": _over(high, cheapest),
    }


def ends(metric: str) -> tuple[str, str, str]:
    """The columns of a metric: its value and the ends of its interval."""
    return metric, f"{metric}_low", f"{metric}_high"


def _key(row: Mapping[str, Any]) -> _Key:
    return row["panel"], row["estimator"], row["execution"]


def _beside(kinds: Mapping[str, Mapping[_Key, dict[str, Any]]], key: _Key) -> dict[str, dict[str, Any]]:
    """Kind -> the cell that tells of it."""
    eager = (*key[:2], EAGER)
    found = {kind: of.get(key if kind in EXECUTED else eager) for kind, of in kinds.items()}
    return {kind: row for kind, row in found.items() if row is not None}


def _offer(key: _Key, of: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    one = next((row for row in of.values() if _key(row) == key), next(iter(of.values())))
    measured = [row for kind, row in of.items() if not all(math.isnan(_number(row, name)) for name in _METRICS[kind])] or [one]
    offer = {
        **{name: one[name] for name in _IDENTITY},
        "execution": key[2],
        "label": one["label"],
        "outcome": min((row["outcome"] for row in measured), key=_gravity),
        "marks": frozenset().union(*(row["marks"] for row in measured)),
        "processes": max(row["processes"] for row in of.values()),
        "remembers": any(bool((row["facts"].get("declared") or {}).get("remembers")) for row in of.values()),
    }
    for kind, metrics in _METRICS.items():
        for metric in metrics:
            row = of.get(kind, {})
            names = (metric,) * 3 if metric in _EXACT else ends(metric)
            offer |= dict(zip(ends(metric), (_number(row, name) for name in names), strict=True))
    return offer | _energies(of.get("energy", {}), itself=(key[1], key[2]) == ("backprop", EAGER))


def _energies(row: Mapping[str, Any], *, itself: bool) -> dict[str, float]:
    """What is known of the energy of a cell; over itself it is 1, without any doubt."""
    found: dict[str, float] = {}
    for metric, name in _ENERGY_OVER_BACKPROP.items():
        over = (1.0, 1.0, 1.0) if itself and _number(row, metric) > 0 else over_backprop(row, metric)
        for of, values in ((metric, surely(row, metric)), (name, over)):
            found |= dict(zip(ends(of), values, strict=True))
    return found


def _set_over_backprop(row: dict[str, Any], reference: Mapping[str, Any]) -> None:
    for metric, name in _OVER_BACKPROP.items():
        ratio = _over(row[metric], reference.get(metric, math.nan))
        row |= dict.fromkeys(ends(name), ratio)


def _gravity(outcome: str) -> tuple[bool, int]:
    """Sorts `wrong` first and `ok` last."""
    return outcome == "ok", _GRAVE.index(outcome)


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return math.nan if value is None else float(value)


def _over(value: float, divisor: float) -> float:
    return value / divisor if divisor > 0 else math.nan
