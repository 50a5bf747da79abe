"""What a cell is called in a comparison, where the short names of all its estimators are known."""

from collections.abc import Mapping

from reports.compare.sides import Pair, Unmatched
from reports.names import trained, with_execution


def called(cell: Pair | Unmatched, estimators: Mapping[str, str]) -> str:
    """The short name of an estimator with its execution, and of a training with its rule.

    Args:
        cell: of the comparison.
        estimators: canonical spec -> short text.
    """
    return trained(with_execution(estimators[cell.estimator], cell.execution), cell.rule)
