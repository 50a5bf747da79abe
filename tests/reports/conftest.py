"""Runs of every odd kind, for tests that must hold for any report."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records import CONTRACT, Cell, Outcome, Record
from estimators import theory
from estimators.registry import ESTIMATORS

EXACT = ("backprop", "checkpointed-backprop")
TANGENTS = tuple(f"{name}[k={k}]" for name in ("forward-gradient", "multi-tangent") for k in (1, 4, 16))
HOSTILE = '"/secret/my.py:<script>alert(1)</script>\\u202e\\u0007 $x_{1}$ ' + "long" * 100 + '"'
PROBLEMS = {"sphere[n=64]": 64, "logistic-regression": 650}


@pytest.fixture(scope="session")
def full(make_lasting_run: Callable[..., Path], record_of: Callable[..., Record]) -> Path:
    """Two problems, exact and directional estimators, everything measured and ok."""
    return make_lasting_run([_record(record_of, estimator, problem, kind) for estimator, problem, kind in _cells()])


@pytest.fixture(
    scope="session", params=("full", "nothing", "one", "failed", "missing", "hostile", "marked", "every-outcome", "no-n")
)
def odd(request: pytest.FixtureRequest, make_lasting_run: Callable[..., Path], record_of: Callable[..., Record]) -> Path:
    """A run of each odd kind in turn."""
    records = [_record(record_of, *cell) for cell in _cells()]
    if request.param == "nothing":
        return make_lasting_run([])
    if request.param == "one":
        return make_lasting_run(records[:1])
    if request.param == "failed":
        return make_lasting_run([record_of(record.cell, "failed", "ValueError: no") for record in records])
    if request.param == "missing":
        return make_lasting_run([], planned=[record.cell for record in records])
    if request.param == "hostile":
        hostile = [
            record_of(_cell(HOSTILE, p, k), "wrong", "<b>broken</b>", n=64, **_metrics(k, 1, 64, {})) for _, p, k in _cells()
        ]
        return make_lasting_run([*records, *{record.cell: record for record in hostile}.values()])
    if request.param == "marked":
        return make_lasting_run([record.marked("imprecise", "contended", "throttled", "unchecked") for record in records])
    if request.param == "every-outcome":
        outcomes = list(Outcome)
        return make_lasting_run(
            [record_of(r.cell, outcomes[i % 7], "a reason", multiple=-1.0 + i % 3) for i, r in enumerate(records)]
        )
    if request.param == "no-n":
        return make_lasting_run([Record(r.cell, r.outcome, metrics=r.metrics) for r in records])
    return make_lasting_run(records)


def _cells() -> list[tuple[str, str, str]]:
    names = [(estimator, problem) for problem in PROBLEMS for estimator in (*EXACT, *TANGENTS)]
    cells = [(estimator, problem, kind) for kind in ("cost", "memory", "quality") for estimator, problem in names]
    return [*cells, *((estimator, CONTRACT, CONTRACT) for estimator in (*EXACT, *TANGENTS))]


def _cell(estimator: str, problem: str, kind: str) -> Cell:
    return Cell(ESTIMATORS.canonical(estimator) if estimator != HOSTILE else estimator, problem, kind)


def _record(record_of: Callable[..., Record], estimator: str, problem: str, kind: str) -> Record:
    spec, n = ESTIMATORS.resolve(estimator), PROBLEMS.get(problem, 1)
    k = int(spec.get("k") or 0)  # type: ignore[call-overload]
    law = theory.expected("gaussian", str(spec.get("aggregation")), n, k) if k else {}
    return record_of(_cell(estimator, problem, kind), n=n, **_metrics(kind, k, n, law))


def _metrics(kind: str, k: int, n: int, law: dict[str, float]) -> dict[str, Any]:
    if kind == "cost":
        value = 2.0 * k + 0.9 if k else 3.0
        ratio = (value / 3, value * 0.33, value * 0.34)
        return {"multiple": (value, value * 0.99, value * 1.01), "ratio_to_backprop": ratio, "time": 1e6 * value}
    if kind == "memory":
        return {"peak_bytes": 4 * n * (k + 1), "base_peak_bytes": 4 * n, "kept_bytes": 0}
    if kind == CONTRACT:
        return {"clauses_passed": 7, "clauses_failed": 0, "clauses_omitted": 1}
    metrics: dict[str, Any] = {"sign_agreement": (0.55, 0.53, 0.57), "bias": (0.2, 0.0, 0.4), "bias_floor": 0.1} if k else {}
    for name in ("cosine", "norm_ratio", "efficiency", *(("relative_error",) if k else ())):
        value = law.get(name, 1.0 if not k else math.sqrt(k / (n + k)))
        metrics |= {name: (value, value * 0.98, value * 1.02)}
        if name in law:
            metrics |= {f"{name}_expected": value, f"{name}_z": 0.5}
    return metrics
