"""A run with what the pages show: declarations, costs, quality, memory and contracts of a few estimators."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records import CONTRACT, Cell, Record
from estimators.registry import ESTIMATORS

DECLARED = {
    "unbiased": True,
    "exact": False,
    "stochastic": True,
    "relative_error": 64.0,
    "eta": 1 / 65,
    "forward_multiple": 3.0,
    "forward_calls": 1,
    "memory": "parameters",
    "needs": ["jvp"],
    "drifts_parameters": 0.0,
}
MEASURED: dict[str, dict[str, Any]] = {
    "cost": {"forward_calls": 1, "flop_multiple": 2.95, "multiple": (4.0, 3.9, 4.1)},
    "quality": {"relative_error": (63.0, 61.0, 65.0), "efficiency": (0.016, 0.015, 0.017)},
    "memory": {"peak_bytes": 2048},
    CONTRACT: {"clauses_passed": 20, "clauses_failed": 0, "clauses_omitted": 2, "clauses_not_applicable": 5},
}

Recorded = Callable[..., list[Record]]


@pytest.fixture
def recorded(record_of: Callable[..., Record]) -> Recorded:
    """Makes the records of one estimator: `recorded("spsa", forward_calls=3)`; what is named is measured so."""

    def make(spec: str, declared: dict[str, Any] | None = None, **measured: Any) -> list[Record]:
        canonical, records = ESTIMATORS.canonical(spec), []
        for kind, values in MEASURED.items():
            cell = Cell(canonical, CONTRACT if kind == CONTRACT else "sphere[n=64]", kind)
            record = record_of(cell, **{name: measured.get(name, value) for name, value in values.items()})
            facts = {} if kind == CONTRACT else {"n": 64, "declared": {**DECLARED, **(declared or {})}}
            records.append(replace(record, facts=facts))
        return records

    return make


@pytest.fixture
def folder(make_run: Callable[..., Path], recorded: Recorded) -> Path:
    """A run of two estimators."""
    exact = {"exact": True, "stochastic": False, "relative_error": 0.0, "eta": 1.0, "needs": [], "memory": "activations"}
    close = {"relative_error": (1e-13, 1e-13, 1e-13), "efficiency": (1.0, 1.0, 1.0), "flop_multiple": 2.5}
    provenance = {
        "cpu": {"name": "a processor"},
        "versions": {"torch": "2.13.0"},
        "estimators": {"commit": "0123456789abcdef"},
    }
    records = [*recorded("forward-gradient"), *recorded("backprop", exact, **close)]
    return make_run(records, provenance=provenance, sessions=[{"ended": "2026-01-02T03:04:05+00:00"}])
