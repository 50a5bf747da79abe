"""The suite `full`: the union of all others, and every registered estimator on every problem of theirs that it can afford.

Which estimators are registered is read from the registry, so that a new one is in `full` as soon as it has a name.
"""

from benchmarks.expectation import coordinates
from benchmarks.problems.registry import PROBLEMS
from benchmarks.suites.effort import LIMIT_S
from benchmarks.suites.suite import Grid, Suite
from estimators.registry import ENTRIES

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
    every_coordinate = tuple(name for name, entry in ENTRIES.items() if "k" in entry.fixed and entry.fixed["k"] is None)
    affordable = tuple(name for name in ENTRIES if name not in every_coordinate)
    small = tuple(problem for problem in problems if coordinates(PROBLEMS.resolve(problem)) <= MOST_COORDINATES)
    return Suite(
        name="full",
        summary="all suites together, and every registered estimator on all their problems",
        grids=(*(grid for suite in suites for grid in suite.grids), Grid(affordable, problems), Grid(every_coordinate, small)),
        common=tuple(dict.fromkeys(estimator for suite in suites for estimator in suite.common)),
        precision=0.03,
        budget=5.0,
        timeout=LIMIT_S,
    )
