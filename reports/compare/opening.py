"""What a comparison comes to, in a few sentences; each is a function of its rows and of what differs."""

from collections.abc import Mapping

from reports.compare.comparison import Comparison
from reports.compare.metrics import COMPARED, Compared, How
from reports.compare.naming import called
from reports.compare.rows import Row
from reports.compare.tally import by_word, final, of_cells
from reports.text import count, interval, listed, short

_NAMED = 4  # differences that are named in a sentence
_LONGEST = 90  # characters of one of them


def headline(comparison: Comparison) -> str:
    """One sentence: what became of the times; where none are on both sides, of the first number that is."""
    by_number = _by_number(comparison)
    if not by_number:
        return _nothing(comparison)
    compared, rows = next(iter(by_number.items()))
    about = of_cells if compared.how is How.PROCESSES else by_word
    return about(compared, rows, comparison.rule)


def opening(comparison: Comparison) -> list[str]:
    """The sentences after the headline: the largest change, the other numbers, what differs, what was left out."""
    by_number = _by_number(comparison)
    others = list(by_number.items())[1:]
    changed = [(compared, rows) for compared, rows in others if not _unchanged(rows)]
    unchanged = [f"{compared.title.lower()} ({count(len(rows), 'cell')})" for compared, rows in others if _unchanged(rows)]
    found = [
        *_largest(comparison, by_number),
        *(by_word(compared, rows, comparison.rule) for compared, rows in changed),
        *([f"Unchanged in every cell: {listed(unchanged, len(COMPARED))}."] if unchanged else []),
        _differing(comparison),
    ]
    if comparison.unmatched:
        found.append(f"{count(len(comparison.unmatched), 'cell')} could not be compared.")
    return found


def _by_number(comparison: Comparison) -> dict[Compared, list[Row]]:
    rows = final(comparison.rows)
    found = {compared: [row for row in rows if row.compared is compared] for compared in COMPARED.values()}
    return {compared: of for compared, of in found.items() if of}


def _unchanged(rows: list[Row]) -> bool:
    return all(row.judged and row.verdict.value == "same" for row in rows)


def _largest(comparison: Comparison, by_number: Mapping[Compared, list[Row]]) -> list[str]:
    """The largest decided change of times, where there is one."""
    decided = [
        row
        for compared, rows in by_number.items()
        if compared.how is How.PROCESSES
        for row in rows
        if row.judged and row.verdict.value in ("more", "less")
    ]
    if not decided:
        return []
    row = max(decided, key=lambda row: abs(row.difference.value))
    estimators, problems = comparison.labels()
    where = f"{short(called(row.pair, estimators))} on {short(problems[row.pair.problem])}"
    ratio, low, high = (row.relative(end) for end in (row.difference.value, row.difference.low, row.difference.high))
    return [
        f"The largest change is that of {where}: {interval(ratio, low, high)} times its {row.compared.title.lower()} in BASE."
    ]


def _differing(comparison: Comparison) -> str:
    if not comparison.differences:
        return "Nothing differs between the runs but the numbers."
    named = [short(str(one), _LONGEST) for one in comparison.differences]
    return f"They differ in {listed(named, _NAMED)}."


def _nothing(comparison: Comparison) -> str:
    if not comparison.unmatched:
        return "Nothing could be compared: neither run holds a cell."
    if all(one.reason.startswith("only in ") for one in comparison.unmatched):
        return "Nothing could be compared: no cell is in both runs."
    return "Nothing could be compared: no number of any cell is in both runs."
