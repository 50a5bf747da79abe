"""Where a cell stands in a sweep, read from its specs and not from the name of a suite."""

from collections.abc import Mapping
from typing import NamedTuple

from estimators.spec import Spec, SpecError, parse
from reports import names
from reports.figures.selection import Row


class Place(NamedTuple):
    """Where a cell stands in a sweep.

    Attributes:
        shared: what it shares with the others of its family, whole.
        family: the same as it is called; files of one name in several folders are called alike.
        axis: what is varied, for the axis.
        x: its value; 0 for an estimator that has none, which is drawn as a level.
    """

    shared: str
    family: str
    axis: str
    x: float


def by_depth(row: Row) -> Place | None:
    """The place of a cell by the depth of its model: hidden layers of a perceptron, layers of any other."""
    return of_problem(row, {"depth": "hidden layers" if row["problem"].startswith("mlp") else "layers"})


def of_problem(row: Row, parameters: Mapping[str, str]) -> Place | None:
    """The place of a cell by the first of some parameters that its problem has; None where it has none of them.

    Args:
        row: a cell.
        parameters: name of a parameter -> what it is called at the axis.
    """
    try:
        spec = parse(row["problem"])
    except SpecError:
        return None
    for parameter, axis in parameters.items():
        value = spec.get(parameter)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            rest = tuple(pair for pair in spec.parameters if pair[0] != parameter)
            shared, context = str(Spec(spec.name, rest)), row["panel"].split(" · ")[1:]
            called, whole = (" · ".join([name, *context]) for name in (names.problem(shared), shared))
            return Place(whole, called, axis, float(value))
    return None
