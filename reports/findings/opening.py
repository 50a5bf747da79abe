"""What was found, in a paragraph: the answer that a report gives first.

Of estimates at one point every clause is about one problem, the `subject`; of trainings how deep they go where depth was varied,
about those that the figure shows first, and then about all; of single steps the largest problem. All are about estimators that
keep their contract; no order is claimed where intervals overlap, or where the machine's noise floor is larger than the
difference.
"""

from reports.findings import closeness, cost, depth, energy, memory, step, training, worth
from reports.findings.subject import place_of, subject
from reports.frames import Results

_CLAUSES = (cost.clause, closeness.clause, memory.clause, energy.clause, worth.clause)


def opening(results: Results) -> str:
    """The paragraph; also for nothing, all failed, and only wrong estimators."""
    about, trained = subject(results), [*step.sentences(results), *depth.sentences(results), *training.sentences(results)]
    if about is None:
        return " ".join([_placed(trained[0], place_of(results.runs)), *trained[1:]]) if trained else _nothing(results)
    clauses = [said for clause in _CLAUSES if (said := clause(about))]
    found = f"{about.lead}: {'; '.join(clauses)}." if clauses else ""
    if not clauses and not trained:
        found = "Nothing that was measured bears a statement."
    return " ".join(filter(None, (found, worth.along_sizes(results), *trained)))


def _placed(sentence: str, place: str) -> str:
    """A sentence with the machine it is of, where that is known."""
    return f"On this machine ({place}), {sentence[0].lower()}{sentence[1:]}" if place else sentence


def _nothing(results: Results) -> str:
    if results.cells.empty:
        return "Nothing was planned, so nothing was found."
    if (results.cells["outcome"] == "wrong").any() and (results.cells["processes"] > 0).any():
        return "No estimator that keeps its contract has a number, so nothing is claimed."
    return "No planned cell has a number, so nothing was found."
