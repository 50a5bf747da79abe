"""The suite `full`: the union of all others but `energy`, and every registered estimator on every problem it can afford.

Energy takes minutes a cell and is measured where somebody asks for it.
"""

from benchmarks.expectation import coordinates
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import ENERGY, KINDS
from benchmarks.suites.effort import LIMIT_S
from benchmarks.suites.registered import AFFORDABLE, EVERY_COORDINATE
from benchmarks.suites.suite import Grid, Suite

MOST_COORDINATES = 1024
"""Of a problem on which an estimator with one tangent a coordinate is measured."""


def union_of(suites: tuple[Suite, ...]) -> Suite:
    """The suite `full`.

    Args:
        suites: those that it holds.

    Returns:
        Their grids, and one of every registered estimator with its defaults on all their problems; those that take a derivative
        for each coordinate meet the small problems only.
    """
    problems = tuple(dict.fromkeys(problem for suite in suites for problem in suite.problems))
    small = tuple(problem for problem in problems if coordinates(PROBLEMS.resolve(problem)) <= MOST_COORDINATES)
    return Suite(
        name="full",
        summary="all suites together, and every registered estimator on all their problems",
        grids=(*(grid for suite in suites for grid in suite.grids), Grid(AFFORDABLE, problems), Grid(EVERY_COORDINATE, small)),
        common=tuple(dict.fromkeys(estimator for suite in suites for estimator in suite.common)),
        precision=0.03,
        budget=5.0,
        timeout=max(LIMIT_S, *(suite.timeout for suite in suites)),
        measures=tuple(kind for kind in KINDS if kind != ENERGY),
        trainings=tuple(training for suite in suites for training in suite.trainings),
    )
