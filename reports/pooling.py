"""Several repetitions of one cell, each in a process of its own, as one row."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from benchmarks.records import ENERGY, OVER_SEEDS, Metric, Outcome, Record
from reports.text import visible

MISSING = "missing"
"""The outcome of a cell that was planned and has no record."""

OUTCOMES = (*(outcome.value for outcome in Outcome), MISSING)
"""All outcomes, in the order of reports."""

_SEVERITY = ("wrong", "failed", "out-of-memory", "timeout", "interrupted", MISSING, "skipped", "ok")  # of several processes


def pooled(records: Sequence[Record | None]) -> dict[str, Any]:
    """One row from the repetitions of one cell.

    Args:
        records: one a process; None where the process was planned and left no record.

    Returns:
        `outcome`, `reason`, `marks`, `planned`, `processes`, `n`, `facts`, `layers` (tensor -> metric -> `Metric`), `seconds`,
        and for each metric M over all layers `M`, `M_low`, `M_high` and `M_count`: one process keeps its interval, several give
        median, lowest and highest. What reads neither clock nor meter follows from the seed, which is theirs alike: a repetition
        adds nothing, and the one with most draws stands for all.
    """
    present = [record for record in records if record is not None]
    outcome, reason = _outcome(records)
    return {
        "outcome": outcome,
        "reason": visible(reason),
        "marks": frozenset().union(*(record.marks for record in present)),
        "planned": len(records),
        "processes": sum(bool(record.metrics) for record in present),
        "n": next((record.facts["n"] for record in present if isinstance(record.facts.get("n"), int)), None),
        "facts": present[-1].facts if present else {},
        "layers": _layers(present),
        "seconds": sum(record.seconds for record in present),
        **_metrics(present),
    }


def _layers(records: Sequence[Record]) -> dict[str, dict[str, Metric]]:
    """Tensor -> metric -> what was measured of it alone, in the order of the record with most of them."""
    found: dict[str, dict[str, Metric]] = {}
    for metric in max((record.metrics for record in records), key=len, default=()):
        if metric.layer is not None and metric.value is not None:
            found.setdefault(visible(metric.layer), {})[metric.metric] = metric
    return found


def _outcome(records: Sequence[Record | None]) -> tuple[str, str]:
    """The gravest outcome of several processes, and how many of them it befell."""
    found = [(MISSING, "planned, but there is no record") if r is None else (r.outcome.value, r.reason) for r in records]
    outcome, reason = min(found, key=lambda pair: _SEVERITY.index(pair[0]))
    befell = sum(pair[0] == outcome for pair in found)
    if outcome != "ok" and befell < len(found):
        reason = f"{reason} (in {befell} of {len(found)} processes)"
    return outcome, reason


def _metrics(records: list[Record]) -> dict[str, float | None]:
    pools: dict[str, list[Any]] = {}
    for metric in (
        metric for record in records for metric in record.metrics if metric.layer is None and metric.value is not None
    ):
        pools.setdefault(metric.metric, []).append(metric)
    values: dict[str, float | None] = {}
    varied = any(record.cell.kind in ("cost", ENERGY, *OVER_SEEDS) for record in records)
    for name, pool in pools.items():
        if len(pool) == 1 or not varied:
            pool = [max(pool, key=lambda metric: metric.count or 0)]
            low, value, high = pool[0].low, pool[0].value, pool[0].high
        else:
            numbers = pd.Series([float(metric.value) for metric in pool])
            low, value, high = numbers.min(), numbers.median(), numbers.max()
        values |= {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_count": pool[0].count}
    return values
