"""Gradient estimators: what gradgauge measures.

This package depends on torch alone, and importing it does not import torch: the command line lists and checks names
without paying for it. Nothing here reads a clock, NVML or a global seed; nothing that measures belongs here (that is
`benchmarks`).
"""

from importlib import import_module
from typing import Any

API_VERSION = 1
"""Version of the interface in `estimators.estimator` and `estimators.objective` that a ruler must know to measure it."""

_HOMES = {
    "Declaration": "estimators.estimator",
    "DenseEstimate": "estimators.estimator",
    "Directional": "estimators.directional.estimator",
    "Estimate": "estimators.estimator",
    "Estimator": "estimators.estimator",
    "FunctionObjective": "estimators.objective",
    "MissingCapability": "estimators.objective",
    "ModuleObjective": "estimators.objective",
    "Objective": "estimators.objective",
    "SpecError": "estimators.spec",
    "build": "estimators.registry",
}

__all__ = ["API_VERSION", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    """Import the module that holds `name` when it is first asked for."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'estimators' has no attribute {name!r}")
