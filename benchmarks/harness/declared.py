"""What an estimator declares for one objective, as JSON values: kept beside what was measured, for reports to compare."""

from typing import Any

from estimators.estimator import Declaration, Estimator
from estimators.objective import Objective


def declaration_of(estimator: Estimator, objective: Objective) -> Declaration:
    """What an estimator declares for the parameters and the batch of an objective."""
    shapes = {name: tuple(parameter.shape) for name, parameter in objective.parameters.items()}
    return estimator.declaration(shapes, objective.batch_size)


def as_json(declaration: Declaration) -> dict[str, Any]:
    """Every field of a declaration, of whichever version it is, with lists for sets."""
    fields = {**vars(declaration), "expected": dict(declaration.expected)}
    return {name: sorted(value) if isinstance(value, (set, frozenset)) else value for name, value in fields.items()}
