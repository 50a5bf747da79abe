"""The command `check`: the contract of one estimator, clause by clause, as text and exit code."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from estimators.registry import ESTIMATORS

if TYPE_CHECKING:
    from benchmarks.contract.check import ClauseResult

KEPT, BROKEN, FAILED = 0, 1, 3
"""Exit codes: every clause that applies is kept; one is broken; the estimator could not even be built."""


def check(estimator: str, seed: int) -> int:
    """Hold an estimator to its contract and print what was seen.

    Args:
        estimator: a spec.
        seed: of the generators handed to it.

    Returns:
        The exit code.

    Raises:
        SpecError: an unknown name or parameter, a value of the wrong kind, or a file that is not there.
    """
    ESTIMATORS.resolve(estimator)  # before torch is imported
    from benchmarks.outcomes import reason_of
    from estimators.spec import SpecError
    from gradgauge.inprocess import clauses

    try:
        results = clauses(estimator, seed)
    except SpecError:
        raise
    except Exception as error:  # whatever a user's file raises is what became of the check
        print(f"{estimator} could not be built: {reason_of(error)}", file=sys.stderr)
        return FAILED
    _show(estimator, results)
    return BROKEN if any(result.verdict.value == "failed" for result in results) else KEPT


def _show(estimator: str, results: "Sequence[ClauseResult]") -> None:
    for result in results:
        print(f"{result.verdict.value:8}{result.clause}")
        if result.verdict.value == "failed":
            print(f"{'':8}  expected: {result.expected}\n{'':8}  observed: {result.observed}")
        else:
            print(f"{'':8}  {result.observed}")
    verdicts = [result.verdict.value for result in results]
    counted = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("passed", "failed", "omitted"))
    print(f"{estimator}: {len(results)} clauses, {counted}")
