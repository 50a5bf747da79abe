"""The runtime multiple of one cell, as a worker reads it for the comparison of equal code. Imports torch where it is used."""

from collections.abc import Callable, Mapping
from typing import Any


def read_multiple(cell: Mapping[str, Any], precision: float, budget: float, pause: Callable[[], bool] = lambda: False) -> float:
    """Time one cell's rounds, and only those: what a process measures beside them takes longer than they do.

    Args:
        cell: JSON object of a `benchmarks.records.Cell`.
        precision: half-width of the 95 % interval at which timing stops, relative.
        budget: seconds that it may take.
        pause: between two rounds.

    Returns:
        Time of a gradient over time of a base forward pass.
    """
    from benchmarks.harness.multiple import measure_alone
    from benchmarks.harness.settings import Settings
    from benchmarks.problems.problem import build_problem
    from benchmarks.records import Cell
    from estimators.registry import ESTIMATORS

    one = Cell.from_json(cell)
    problem = build_problem(one.problem, device="cpu" if one.device == "cpu" else "cuda", dtype=one.dtype, seed=one.seed)
    settings = Settings(seed=one.seed, precision=precision, budget_s=budget, pause=pause)
    return measure_alone(problem, ESTIMATORS.build(one.estimator), settings).value
