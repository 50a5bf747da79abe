"""About how long a cell takes: for `--dry-run`, for the order of cells and for sharing out a total budget. Never in a result.

The figures are rough: on two quiet cores the quick suite's cells take half to twice of what they say. Elsewhere only their
proportions matter, since the time left is corrected by the pace so far.
"""

from benchmarks.records import Cell
from estimators.registry import ESTIMATORS
from estimators.spec import Spec, parse

SECONDS_TO_START = 3.0
"""Of a worker: the import of torch."""

_CONTRACT = 0.7
_SET_UP = 0.03
_TANGENTS = 5700.0  # that bring the mean cosine to 1 %, with k = 1; hardly fewer with more
_UNKNOWN_COORDINATES = 100_000  # of a problem of the user's own
_HEAVY = {"cnn": 4.0}  # base passes that cost more than their number of parameters suggests


def expected_seconds(cell: Cell, budget: float) -> float:
    """About how long a cell takes.

    Args:
        cell: what.
        budget: seconds that the adaptive part may take.
    """
    estimator, problem = parse(cell.estimator), parse(cell.problem)
    k, n, heavy = _number(estimator, "k", 1), coordinates(problem), _HEAVY.get(problem.name, 1.0)
    if cell.kind == "contract":
        return _CONTRACT
    if cell.kind == "memory":
        return _SET_UP + 5e-8 * k * n
    if cell.kind == "quality":
        deterministic = estimator.name in ESTIMATORS.entries and estimator.get("directions") is None  # a user's may draw
        return _SET_UP + (0.0 if deterministic else min(budget, _TANGENTS * heavy * (1e-4 / k + 4e-9 * n)))
    return _SET_UP + min(budget, heavy * (0.2 + k * (0.02 + 4e-7 * n)))


def coordinates(problem: Spec) -> int:
    """The number of parameters of a registered problem, to within what time depends on."""
    if problem.name == "mlp":
        width, depth = _number(problem, "width", 128), _number(problem, "depth", 2)
        return 74 * width + (depth - 1) * width**2
    if problem.name == "cnn":
        channels = _number(problem, "channels", 16)
        return 95 * channels + 18 * channels**2
    if problem.name == "logistic-regression":
        return 650
    if "/" in problem.name or ":" in problem.name:
        return _UNKNOWN_COORDINATES
    return _number(problem, "n", 2)


def _number(spec: Spec, parameter: str, default: int) -> int:
    value = spec.get(parameter, default)
    return value if isinstance(value, int) else default
