"""Gradient descent on closed-form functions with estimated gradients: Flügel et al. 2024, arXiv 2410.17764, section 4.2.

x ← x - a e at a constant learning rate a, in float32 on the CPU, from the function's published starting point; e is backprop's
gradient, or the mean or projection of k Gaussian tangents drawn in sequence from one generator seeded with 0. The published
values are in `published.json`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks.problems.problem import build_problem
from estimators.registry import build

SEED = 0
"""Of the generator that all tangents of a run are drawn from."""


def published() -> list[dict[str, Any]]:
    """The published cells: `function`, `n`, `approach`, `k`, `learning_rate`, `steps`, and `loss` after the last step."""
    text = Path(__file__).with_name("published.json").read_text(encoding="utf-8")
    cells: list[dict[str, Any]] = json.loads(text)["closed_form_descent"]["cells"]
    return cells


def estimator_of(cell: Mapping[str, Any]) -> str:
    """The spec of a published cell's estimator."""
    if cell["approach"] == "backprop":
        return "backprop"
    return f"forward-gradient[aggregation={cell['approach']},k={cell['k']},stream=sequential]"


def final_loss(cell: Mapping[str, Any]) -> float:
    """The loss that one cell's descent ends with.

    Args:
        cell: as in `published`; its `loss` is not looked at.
    """
    objective = build_problem(f"{cell['function']}[n={cell['n']}]").objective
    estimator, generator = build(estimator_of(cell)), torch.Generator().manual_seed(SEED)
    state = estimator.init(objective)
    for _ in range(cell["steps"]):
        estimate, state = estimator.estimate(objective, state, generator=generator)
        with torch.no_grad():
            for name, direction in estimate.items():
                objective.parameters[name].sub_(direction, alpha=cell["learning_rate"])
    return objective.loss().item()
