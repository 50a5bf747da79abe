"""What becomes of weights, in words and in numbers."""

import math
from collections.abc import Sequence

from reports.figures.selection import NOT_MEASURED, Selection, Table, became, left_out_sentence
from reports.figures.weights.histories import History, Points, Problem
from reports.text import NOTHING, count, listed, number, short

_COLUMNS = (
    *("method", "learning rate", "weight matrix", "norm, first to last", "factor", "largest singular value", "smallest"),
    *("stable rank", "outcome and marks"),
)


def finding(selection: Selection) -> str:
    """By method the norm that changed most, on the problem that is shown."""
    problems = _problems(selection)
    if not problems:
        return NOT_MEASURED
    problem = problems[0]
    told = [(history, matrix) for history in problem.histories if (matrix := history.changed_most) is not None]
    if not told:
        return f"On {problem.title} no norm of a weight matrix is a number."
    told.sort(key=lambda pair: abs(math.log(pair[0].growth(pair[1]))))
    said = [f"{number(history.growth(matrix))} with {_method(history)} ({short(matrix, 30)})" for history, matrix in told]
    where = f"On {problem.title}, in {count(problem.steps, 'step')}"
    return f"{where}, the norms of the watched weight matrices changed at most by a factor of {listed(said, 9)}."


def describe(selection: Selection) -> str:
    """Pictures, and by method the range of what norms came to."""
    problems = _problems(selection)
    if not problems:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    seen, folded = len(selection.pictures), len(selection.folded)
    parts = [f"Line charts: {count(seen, 'picture')} seen at once" + (f", {folded} folded." if folded else ".")]
    for history in problems[0].histories:
        growths = [growth for matrix in history.matrices if math.isfinite(growth := history.growth(matrix))]
        spread = (
            f"norms end at {number(min(growths))} to {number(max(growths))} times the first" if growths else "no norm is a number"
        )
        parts.append(f"{_method(history)}: {spread}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """One line a method and weight matrix, by problem."""
    groups = tuple(
        (
            f"{problem.title}, {count(problem.steps, 'step')}",
            tuple(_line(history, matrix) for history in problem.histories for matrix in history.matrices),
        )
        for problem in _problems(selection)
    )
    caption = (
        "Frobenius norms, singular values and stable ranks of weight matrices before the first and after the last step, each "
        "method at the learning rate that does best; medians over seeds"
    )
    return Table(caption, _COLUMNS, groups)


def _problems(selection: Selection) -> list[Problem]:
    """Each once, that with pictures first."""
    found = {(problem.title, problem.steps): problem for panel in selection.panels for problem in [panel.facts["problem"]]}
    return list(found.values())


def _method(history: History) -> str:
    lr = history.attempt.lr
    return f"{history.attempt.method} at {lr:.3g}" if math.isfinite(lr) else history.attempt.method


def _line(history: History, matrix: str) -> tuple[str, ...]:
    lr = history.attempt.lr
    norm, largest, smallest, rank = (history.points.get((name, matrix), []) for name in ("norm", "largest", "smallest", "rank"))
    return (
        history.attempt.method,
        f"{lr:.3g}" if math.isfinite(lr) else NOTHING,
        matrix,
        _ends(norm),
        number(history.growth(matrix)),
        _ends(largest),
        _ends(smallest),
        _ends(rank),
        became(history.attempt.row),
    )


def _ends(points: Points | Sequence[tuple[float, float]]) -> str:
    """The first and the last value."""
    return f"{number(points[0][1])} to {number(points[-1][1])}" if points else NOTHING
