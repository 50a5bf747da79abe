"""About how long a cell takes: for `--dry-run`, for the order of cells and for sharing out a total budget. Never in a result.

The figures are rough: on two quiet cores a suite takes half to twice of what they say. Elsewhere only their proportions matter,
since the time left is corrected by the pace so far. What no budget bounds (building a model, the first calls, one round of
timing) is most of the time that the largest problems take.
"""

import math
from collections.abc import Callable

from benchmarks.harness.windows import schedule
from benchmarks.records import COMPILE, ENERGY, PERTURBATION, STEP, TRAINING, Cell
from estimators.registry import ESTIMATORS
from estimators.spec import Spec, parse

SECONDS_TO_START = 3.0
"""Of a worker: the import of torch."""

_CONTRACT = 1.5
_SET_UP = 0.03
_MAKE = 5e-8  # seconds a coordinate: initial weights, reading gradients, checking their form
_ESTIMATE = (
    4e-4,
    1e-8,
)  # seconds of one estimate with one tangent: whatever the problem, and for each coordinate of a dense layer
_DRAW = (1e-4, 4e-9)  # the same with a simulated derivative
_LOOK = (4e-5, 2e-8)  # of one evaluation of the loss at other parameters, in float64
_CALLS = {"cost": 12, "memory": 7, "quality": 7, STEP: 5, ENERGY: 7, TRAINING: 4, PERTURBATION: 14}
"""Estimates no budget bounds: form, first calls, one round."""

_ROUNDS = 60  # of timing, about
_STEP = 2e-4  # seconds of a training step beside its estimate
_VALIDATION = 2e-3  # seconds, each
_VALIDATIONS = 50
_COMPILE = (14.0, 2.0)  # seconds of a compiled cell, the next worker's start included; and for each unit of how heavy a model is
_TANGENTS = 5700  # that bring the mean cosine to 1 %, with k = 1; hardly fewer with more
_LOOKED_ALONG = 800  # draws that bring the mean decrease to 5 %, with k = 1; and pilot draws at least
_LOOKS = 16  # evaluations of the loss for each, in the search along it and in that for the common step
_PILOT = 64
_METERED = 4  # base, estimate, backprop and the idle device
_UNKNOWN_COORDINATES = 100_000  # of a problem of the user's own
_HEAVY = {"cnn": 4.0, "cnn4": 16.0, "recurrent": 8.0, "resnet18": 8.0, "transformer": 64.0, "vit": 16.0}
"""How often a base pass uses each parameter for one sample."""


def expected_seconds(cell: Cell, budget: float, draws: int | None = None) -> float:
    """About how long a cell takes.

    Args:
        cell: what.
        budget: seconds that the adaptive part may take.
        draws: estimates for quality; None for as many as a 1 % error of the mean cosine needs.
    """
    if cell.kind == "contract":
        return _CONTRACT
    estimator, problem = parse(cell.estimator), parse(cell.problem)
    n = coordinates(problem)
    k = _tangents(estimator, n)
    estimate = _ESTIMATE[0] + _ESTIMATE[1] * _HEAVY.get(problem.name, 1.0) * k * n
    look = _LOOK[0] + _LOOK[1] * _HEAVY.get(problem.name, 1.0) * n
    fixed = _SET_UP + _MAKE * n + _CALLS[cell.kind] * estimate
    if cell.kind == TRAINING:
        return fixed + cell.steps * (estimate + _STEP) + _VALIDATIONS * _VALIDATION
    if cell.execution == COMPILE:
        fixed += _COMPILE[0] + _COMPILE[1] * _HEAVY.get(problem.name, 1.0)
    if cell.kind in ("memory", PERTURBATION):
        return fixed
    if cell.kind == ENERGY:
        planned = schedule(budget, _METERED)
        return fixed + (planned.total(_METERED) if planned else 0.0)
    if cell.kind == "cost":
        return fixed + min(budget, 0.15 + _ROUNDS * estimate)
    deterministic = estimator.name in ESTIMATORS.entries and estimator.get("directions") is None  # a user's may draw
    if cell.kind == STEP:
        number = 2 if deterministic else draws or max(_PILOT, math.ceil(_LOOKED_ALONG / k))
        return fixed + min(budget, number * (estimate + _LOOKS * look))
    number = 2 if deterministic else draws or math.ceil(_TANGENTS / k)
    return fixed + min(budget, number * (_DRAW[0] + _DRAW[1] * k * n))


def coordinates(problem: Spec) -> int:
    """The number of parameters of a registered problem, to within what time depends on."""
    if "/" in problem.name or ":" in problem.name:
        return _UNKNOWN_COORDINATES
    count = _MODELS.get(problem.name)
    return _number(problem, "n", 2) if count is None else count(problem)


def _mlp(problem: Spec) -> int:
    width, depth = _number(problem, "width", 128), _number(problem, "depth", 2)
    return 74 * width + (depth - 1) * width**2


def _cnn(problem: Spec) -> int:
    channels = _number(problem, "channels", 16)
    return 95 * channels + 18 * channels**2


def _cnn4(problem: Spec) -> int:
    channels, width = _number(problem, "channels", 64), _number(problem, "width", 1024)
    return 28 * channels**2 + 4 * channels * width


def _attention(problem: Spec) -> int:
    dim, inner = _number(problem, "dim", 64), _number(problem, "mlp", 128)
    ends = 2 * _number(problem, "vocabulary", 16) + _number(problem, "length", 16)
    return _number(problem, "depth", 2) * (4 * dim**2 + 2 * dim * inner) + dim * ends


def _recurrent(problem: Spec) -> int:
    width, gates = _number(problem, "width", 64), {"gru": 3, "rnn": 1}.get(str(problem.get("cell")), 4)
    return gates * (2 * _number(problem, "depth", 1) - 1) * width**2 + 10 * gates * width


_MODELS: dict[str, Callable[[Spec], int]] = {
    "linear-regression": lambda problem: _number(problem, "features", 10) + 1,
    "logistic-regression": lambda problem: 650,
    "mlp": _mlp,
    "cnn": _cnn,
    "cnn4": _cnn4,
    "resnet18": lambda problem: 2730 * _number(problem, "width", 64) ** 2,
    "vit": _attention,
    "transformer": _attention,
    "recurrent": _recurrent,
}


def _tangents(estimator: Spec, n: int) -> int:
    """How many directional derivatives an estimate takes."""
    entry = ESTIMATORS.entries.get(estimator.name)
    if entry is not None and entry.fixed.get("k", 0) is None:
        return n  # one a coordinate
    return _number(estimator, "k", 1)


def _number(spec: Spec, parameter: str, default: int) -> int:
    value = spec.get(parameter, default)
    return value if isinstance(value, int) else default
