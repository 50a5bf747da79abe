"""Builds the problem of a spec and looks inside."""

from collections.abc import Callable

import pytest

from benchmarks.problems.problem import build_problem
from estimators.objective import ModuleObjective


@pytest.fixture(scope="session")
def objective_of() -> Callable[..., ModuleObjective]:
    """The objective of a model's spec: `objective_of("mlp[width=4]", dtype="float64")`."""

    def build(spec: str, **options: object) -> ModuleObjective:
        objective = build_problem(spec, **options).objective  # type: ignore[arg-type]
        assert isinstance(objective, ModuleObjective)
        return objective

    return build
