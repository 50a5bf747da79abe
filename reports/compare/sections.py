"""A comparison as sections of text lines, the same for the terminal and for Markdown: one section a number that is compared."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.comparison import Verdict
from benchmarks.records import Outcome
from reports.compare.comparison import Comparison
from reports.compare.metrics import COMPARED, Compared, How
from reports.compare.rows import Row, Rule, Stage
from reports.compare.sides import Pair, Unmatched
from reports.names import with_execution
from reports.text import NOTHING, count, interval, listed, number, short, whole

_SYMBOLS = {Verdict.MORE: "▲", Verdict.LESS: "▼", Verdict.SAME: "=", Verdict.UNDECIDED: "?"}
_HIDDEN = {How.PROCESSES: (), How.EXACT: (Verdict.SAME,), How.MEANS: (Verdict.SAME, Verdict.UNDECIDED)}


@dataclass(frozen=True)
class Line:
    """One cell of a section.

    Attributes:
        problem: its short name.
        estimator: its short name.
        values: of BASE and NEW.
        change: the ratio with its interval.
        robust: the Hodges-Lehmann estimate with its interval; a dash where there is none.
        verdict: symbol and word, with what speaks against it.
    """

    problem: str
    estimator: str
    values: tuple[str, str]
    change: str
    robust: str
    verdict: str


@dataclass(frozen=True)
class Section:
    """One number, over all cells.

    Attributes:
        title: what it is.
        summary: how many cells came to which verdict.
        lines: the cells; of exact numbers only those that are not equal, of means only those that are decided.
        reasons: why some have no verdict.
        exact: whether the number is compared to the byte.
        ranks: whether there are Hodges-Lehmann intervals.
    """

    title: str
    summary: str
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]
    exact: bool
    ranks: bool


def sections(comparison: Comparison) -> list[Section]:
    """The sections of all numbers that both sides have."""
    estimators, problems = comparison.labels()
    found = []
    for compared, again in ((compared, again) for compared in COMPARED.values() for again in (False, True)):
        rows = [row for row in comparison.rows if row.compared is compared and (row.stage is Stage.SETTLED) == again]
        if rows:
            shown = [row for row in rows if row.verdict not in _HIDDEN[compared.how]]
            lines = [
                _line(row, problems[row.pair.problem], _called(row.pair, estimators), comparison.rule)
                for row in sorted(shown, key=lambda row: list(problems).index(row.pair.problem))
            ]
            summary = f"{count(len(rows), 'cell')}: {_verdicts(compared, rows)}"
            ranks = any(line.robust != NOTHING for line in lines)
            found.append(
                Section(
                    _title(compared, again=again), summary, tuple(lines), tuple(_reasons(rows)), compared.how is How.EXACT, ranks
                )
            )
    return found


def outcome(comparison: Comparison) -> str:
    """The last line: what a gate makes of it."""
    judged = sum(row.judged for row in comparison.rows)
    if not judged:
        return "Nothing could be compared: no number of any cell has a verdict."
    threshold = f"{number(100 * comparison.rule.threshold, 2)} %"
    found = Counter((row.compared.title.lower(), row.compared.word(row.verdict)) for row in comparison.losses)
    losses = listed([f"{title} {word} in {count(quantity, 'cell')}" for (title, word), quantity in found.items()], len(COMPARED))
    said = f"losses beyond {threshold}: {losses}" if losses else f"no loss beyond {threshold}"
    undecidable = sum(not row.judged and row.stage is not Stage.SUSPECT for row in comparison.rows)
    without = f", {undecidable} more without a verdict" if undecidable else ""
    return f"{count(judged, 'number')} compared{without}; {said}."


def unmatched(comparison: Comparison) -> list[str]:
    """What could not be compared: by reason, how many cells and which."""
    estimators, problems = comparison.labels()
    places: dict[str, list[str]] = {}
    for one in comparison.unmatched:
        places.setdefault(one.reason, []).append(f"{_called(one, estimators)} on {problems[one.problem]}")
    return [
        f"{count(len(of), 'cell')} {reason} ({listed([short(place) for place in dict.fromkeys(of)], 4)})"
        for reason, of in sorted(places.items(), key=lambda item: -len(item[1]))
    ]


def _called(cell: Pair | Unmatched, estimators: Mapping[str, str]) -> str:
    return with_execution(estimators[cell.estimator], cell.execution)


def _title(compared: Compared, *, again: bool) -> str:
    how = {
        How.PROCESSES: "NEW / BASE [95 % interval over processes]",
        How.EXACT: "exact",
        How.MEANS: "NEW / BASE [95 % interval over draws]",
    }
    return f"{compared.title}{' of suspects, measured again' if again else ''}, {how[compared.how]}"


def _verdicts(compared: Compared, rows: list[Row]) -> str:
    found = Counter(row.verdict for row in rows if row.stage is not Stage.SUSPECT)
    suspects = sum(row.stage is Stage.SUSPECT for row in rows)
    said = [f"{found[verdict]} {compared.word(verdict)}" for verdict in Verdict if verdict in found]
    return ", ".join([*said, *([f"{suspects} measured again"] if suspects else [])])


def _reasons(rows: list[Row]) -> list[str]:
    found = Counter(row.reason for row in rows if row.reason)
    return [f"no verdict for {count(quantity, 'cell')}: {reason}" for reason, quantity in found.most_common()]


def _line(row: Row, problem: str, estimator: str, rule: Rule) -> Line:
    exact = row.compared.how is How.EXACT
    show = whole if exact else number
    ratio, robust = row.relative(row.difference.value), row.difference.robust
    ends = (row.relative(row.difference.low), row.relative(row.difference.high))
    change = number(ratio, 4) if exact else interval(ratio, *(ends if math.isfinite(ends[1]) else (None, None)))
    ranks = NOTHING
    if robust is not None and robust.low is not None and robust.high is not None:
        ranks = interval(row.relative(robust.value), row.relative(robust.low), row.relative(robust.high))
    wrong = [
        name
        for name, records in (("BASE", row.pair.base), ("NEW", row.pair.new))
        if any(record.outcome is Outcome.WRONG for record in records.values())
    ]
    if row.stage is Stage.SUSPECT:
        word = "? suspect"
    else:
        word = f"{_SYMBOLS[row.verdict]} {row.compared.word(row.verdict)}{', a loss' if row.loss(rule) else ''}"
    return Line(
        problem,
        estimator,
        (show(row.base), show(row.new)),
        change,
        ranks,
        f"{word}, wrong in {' and '.join(wrong)}" if wrong else word,
    )
