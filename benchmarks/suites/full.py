"""The suite `full`: the union of all others, and every registered estimator on every problem of theirs that it can afford."""

from benchmarks.expectation import coordinates
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import KINDS
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
        measures=tuple(KINDS),
        trainings=tuple(training for suite in suites for training in suite.trainings),
    )
