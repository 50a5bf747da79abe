"""The command `check`: the contract of one estimator, clause by clause, as a table and an exit code."""

import io
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from estimators.registry import ESTIMATORS
from gradgauge.output import say

if TYPE_CHECKING:
    from benchmarks.contract.models import OnModel
    from benchmarks.contract.result import ClauseResult

KEPT, BROKEN, FAILED, NOTHING = 0, 1, 3, 4
"""Exit codes: every clause that applies is kept; one is broken; the estimator could not even be built; nothing was looked at."""


def check(estimator: str, seed: int, execution: str = "eager", *, models: bool = False) -> int:
    """Hold an estimator to its contract and print what was seen.

    Args:
        estimator: a spec.
        seed: of the generators handed to it.
        execution: `eager` or `compile`.
        models: whether it is held to what applies on four kinds of model, too.

    Returns:
        The exit code.

    Raises:
        SpecError: an unknown name or parameter, a value of the wrong kind, or a file that is not there.
    """
    ESTIMATORS.resolve(estimator)  # before torch is imported
    from benchmarks.contract.check import false_alarm_rate
    from benchmarks.outcomes import reason_of
    from estimators.spec import SpecError
    from gradgauge.inprocess import clauses, on_models

    try:
        results = clauses(estimator, seed, execution)
        met = on_models(estimator, seed, execution) if models else []
    except SpecError:
        raise
    except Exception as error:  # whatever a user's file raises is what became of the check
        say(f"{estimator} could not be built: {reason_of(error)}", sys.stderr)
        return FAILED
    say(table(results, shutil.get_terminal_size((120, 24)).columns))
    say(f"\n{estimator}: {len(results)} clauses, {_counted(results)}")
    for one in met:
        say(_on(one))
    broken = any(result.verdict.value == "failed" for result in results) or any(one.broken for one in met)
    missing = _missing(results)
    if missing and not broken and all(one.skipped for one in met):
        say(f"not checked: {missing}")
        return NOTHING
    print(f"An estimator that keeps its word fails by chance in at most 1 of {1 / false_alarm_rate():,.0f} checks.")
    return BROKEN if broken else KEPT


def table(results: "Sequence[ClauseResult]", width: int) -> str:
    """One row a clause: verdict, clause, what was observed and what was expected.

    Args:
        results: of `check_estimator`.
        width: columns of the terminal.
    """
    from rich import box
    from rich.table import Table

    from reports.terminal import plain, trimmed

    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("verdict", no_wrap=True)
    shown.add_column("clause", no_wrap=True)
    shown.add_column("observed", ratio=1, overflow="fold")
    shown.add_column("expected", ratio=1, overflow="fold")
    for result in results:
        verdict = result.verdict.value
        shown.add_row("n/a" if verdict == "not applicable" else verdict, result.clause, result.observed, result.expected)
    stream = io.StringIO()
    plain(stream, width).print(shown)
    return trimmed(stream).strip("\n")


def _missing(results: "Sequence[ClauseResult]") -> str:
    """Why no objective could be looked at; empty where one could."""
    output = next(result for result in results if result.clause == "output")
    return output.observed if output.verdict.value == "not applicable" else ""


def _on(one: "OnModel") -> str:
    if one.skipped:
        return f"On {one.model}: skipped, {one.skipped}"
    broken = [f"  {result.clause}: expected {result.expected}, observed {result.observed}" for result in one.broken]
    return "\n".join([f"On {one.model}: {_counted(one.results)}", *broken])


def _counted(results: "Sequence[ClauseResult]") -> str:
    verdicts = [result.verdict.value for result in results]
    omitted = [result.clause for result in results if result.verdict.value == "omitted"]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("passed", "failed", "omitted", "not applicable"))
    return counts + (f"; the declaration omits {', '.join(omitted)}" if omitted else "")
