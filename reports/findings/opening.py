"""What was found, in a paragraph: the answer that a report gives first.

Every clause is about one problem, the `subject`, and about estimators that keep their contract; no order is claimed where
intervals overlap, or where the machine's noise floor is larger than the difference.
"""

from reports.findings import closeness, cost, memory, worth
from reports.findings.subject import subject
from reports.frames import Results

_CLAUSES = (cost.clause, closeness.clause, memory.clause, worth.clause)


def opening(results: Results) -> str:
    """The paragraph; also for nothing, all failed, and only wrong estimators."""
    about = subject(results)
    if about is None:
        return _nothing(results)
    clauses = [said for clause in _CLAUSES if (said := clause(about))]
    along = worth.along_sizes(results)
    found = f"{about.lead}: {'; '.join(clauses)}." if clauses else "Nothing that was measured bears a statement."
    return f"{found} {along}".strip()


def _nothing(results: Results) -> str:
    if results.cells.empty:
        return "Nothing was planned, so nothing was found."
    if (results.cells["outcome"] == "wrong").any() and (results.cells["processes"] > 0).any():
        return "No estimator that keeps its contract has a number, so nothing is claimed."
    return "No planned cell has a number, so nothing was found."
