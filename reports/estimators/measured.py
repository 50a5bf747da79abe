"""What a run has measured of each registered estimator, cell by cell, with what was declared for that very cell."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchmarks.records import CONTRACT, EAGER
from estimators.registry import ENTRIES
from estimators.spec import SpecError, parse
from reports.frames import Results, rows


class Quantity(NamedTuple):
    """One column of the pages.

    Attributes:
        metric: its name in records.
        kind: of the measurement.
        title: for people.
        declared: the field of a declaration that says the same, or nothing.
        counted: whether it is counted rather than estimated, so that it must agree and needs no interval.
    """

    metric: str
    kind: str
    title: str
    declared: str = ""
    counted: bool = False


QUANTITIES = (
    Quantity("forward_calls", "cost", "forward calls", "forward_calls", counted=True),
    Quantity("flop_multiple", "cost", "FLOP multiple", "forward_multiple", counted=True),
    Quantity("relative_error", "quality", "relative error", "relative_error"),
    Quantity("efficiency", "quality", "efficiency", "eta"),
    Quantity("peak_bytes", "memory", "peak of tensor bytes"),
    Quantity("multiple", "cost", "runtime multiple"),
)
"""In the order of the pages."""


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        value: as measured.
        low: lower end of its 95 % interval, where it has one.
        high: upper end.
        declared: what the estimator declares, where it declares something.
    """

    value: float
    low: float | None = None
    high: float | None = None
    declared: float | None = None


@dataclass(frozen=True)
class Gauged:
    """One estimator on one problem.

    Attributes:
        name: in the registry.
        label: the spec for people.
        problem: the same of the problem, with what sets the cell apart from others.
        declared: the declaration for this problem, field -> value; empty where no record holds it.
        figures: metric -> number; what was not measured is not there.
        reasons: kind of measurement -> outcome and reason, where it is not `ok`.
    """

    name: str
    label: str
    problem: str
    declared: Mapping[str, Any]
    figures: Mapping[str, Figure]
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """What became of the contract of one estimator.

    Attributes:
        name: in the registry.
        label: the spec for people.
        outcome: `ok`, or what else.
        counts: verdict -> number of clauses.
        reason: where it is not `ok`.
    """

    name: str
    label: str
    outcome: str
    counts: Mapping[str, int]
    reason: str


def gauged(results: Results) -> list[Gauged]:
    """Every registered estimator on every problem, in the order of reports; executed eagerly, which is what it declares."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows(results.cells[(results.cells["problem"] != CONTRACT) & (results.cells["execution"] == EAGER)]):
        if name_of(row["estimator"]):
            groups.setdefault((row["panel"], row["estimator"]), []).append(row)
    return [_gauged(name_of(estimator), panel, group) for (panel, estimator), group in groups.items()]


def contracts(results: Results) -> list[Kept]:
    """What became of the contract of every registered estimator that was held to it."""
    verdicts = ("passed", "failed", "omitted", "not_applicable")
    found = []
    for row in rows(results.of(CONTRACT)):
        counts = {v.replace("_", " "): int(row[f"clauses_{v}"]) for v in verdicts if _number(row.get(f"clauses_{v}")) is not None}
        if name := name_of(row["estimator"]):
            found.append(Kept(name, row["label"], row["outcome"], counts, row["reason"]))
    return found


def name_of(canonical: str) -> str:
    """The name in the registry that a canonical spec begins with; nothing where it is not registered."""
    try:
        name = parse(canonical).name
    except SpecError:
        return ""
    return name if name in ENTRIES else ""


def _gauged(name: str, panel: str, group: Sequence[Mapping[str, Any]]) -> Gauged:
    kinds = {row["kind"]: row for row in group}
    declared: Mapping[str, Any] = next((row["facts"]["declared"] for row in group if row["facts"].get("declared")), {})
    figures = {}
    for quantity in QUANTITIES:
        row = kinds.get(quantity.kind, {})
        if (value := _number(row.get(quantity.metric))) is not None:
            low, high = (_number(row.get(f"{quantity.metric}_{end}")) for end in ("low", "high"))
            figures[quantity.metric] = Figure(value, low, high, _number(declared.get(quantity.declared)))
    reasons = {kind: f"{row['outcome']}: {row['reason']}" for kind, row in kinds.items() if row["outcome"] != "ok"}
    return Gauged(name, group[0]["label"], panel, declared, figures, reasons)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
