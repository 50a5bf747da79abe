"""The cells of the trials: small, and of every kind whose noise may differ.

A tape, forward mode with one tangent and with several, a projection, and plain passes alone; from dense work that takes tens of
microseconds to convolutions that take milliseconds. Data are synthetic: nothing is downloaded or prepared.
"""

from benchmarks.problems.registry import PROBLEMS as KNOWN_PROBLEMS
from estimators.registry import ESTIMATORS as KNOWN_ESTIMATORS

ESTIMATORS = (
    "backprop",
    "forward-gradient",
    "forward-gradient[directions=rademacher,k=4]",
    "multi-tangent",
    "spsa",
)
"""Specs of what is timed; the suite `custom` has backprop by itself."""

PROBLEMS = (
    "logistic-regression[data=synthetic]",
    "mlp[data=synthetic]",
    "mlp[data=synthetic,depth=5]",
    "cnn[channels=8,data=synthetic]",
)
"""Specs of what it is timed on."""


def cells() -> list[tuple[str, str]]:
    """Canonical specs of estimator and problem of every cell, in the order in which a run measures them."""
    pairs = [(estimator, problem) for problem in PROBLEMS for estimator in ESTIMATORS]
    return [(KNOWN_ESTIMATORS.canonical(estimator), KNOWN_PROBLEMS.canonical(problem)) for estimator, problem in pairs]
