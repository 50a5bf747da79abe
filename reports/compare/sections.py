"""A comparison as sections of lines, the same for the terminal, for Markdown and for the page: one section a number compared.

A line holds its words and, for pictures, its numbers. Where verdicts are forbidden, absolute times follow, side by side.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from benchmarks.comparison import Verdict
from benchmarks.records import ENERGY, Outcome
from benchmarks.records.ceilings import ceilings_of
from reports.compare.absolute import absolute_times
from reports.compare.alerts import kinds_forbidden
from reports.compare.comparison import Comparison
from reports.compare.energies import absolute_energies
from reports.compare.lines import UNJUDGED, Line, Mark, Section
from reports.compare.metrics import COMPARED, Compared, How
from reports.compare.naming import called
from reports.compare.paces import step_times, untimed
from reports.compare.rows import Row, Rule, Stage
from reports.compare.sides import Pair
from reports.compare.tally import by_word, summary
from reports.text import NOTHING, count, interval, listed, number, short, whole

_SYMBOLS = {Verdict.MORE: "▲", Verdict.LESS: "▼", Verdict.SAME: "=", Verdict.UNDECIDED: "?"}
_HIDDEN = {
    How.PROCESSES: (),
    How.EXACT: (Verdict.SAME,),
    How.MEANS: (Verdict.SAME, Verdict.UNDECIDED),
    How.SEEDS: (Verdict.SAME,),
}


def sections(comparison: Comparison) -> list[Section]:
    """The sections of all numbers that both sides have."""
    found = []
    for compared, again in ((compared, again) for compared in COMPARED.values() for again in (False, True)):
        rows = [row for row in comparison.rows if row.compared is compared and (row.stage is Stage.SETTLED) == again]
        if rows:
            found.append(_section(comparison, compared, rows, again=again))
    estimators, problems = comparison.labels()
    if "cost" in kinds_forbidden(comparison.differences):
        pairs = {id(row.pair): row.pair for row in comparison.rows if row.pair.kind == "cost"}
        cells = [(problems[pair.problem], called(pair, estimators), pair) for pair in _in_order(pairs.values(), problems)]
        found += absolute_times(cells, (ceilings_of(comparison.base.header), ceilings_of(comparison.new.header)))
    metered = _in_order({id(row.pair): row.pair for row in comparison.rows if row.pair.kind == ENERGY}.values(), problems)
    found += absolute_energies([(problems[pair.problem], called(pair, estimators), pair) for pair in metered])
    bare = _in_order(untimed(comparison.rows), problems)
    return [*found, *step_times([(problems[pair.problem], called(pair, estimators), pair) for pair in bare])]


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
        places.setdefault(one.reason, []).append(f"{called(one, estimators)} on {problems[one.problem]}")
    return [
        f"{count(len(of), 'cell')} {reason} ({listed([short(place) for place in dict.fromkeys(of)], 4)})"
        for reason, of in sorted(places.items(), key=lambda item: -len(item[1]))
    ]


def _section(comparison: Comparison, compared: Compared, rows: list[Row], *, again: bool) -> Section:
    estimators, problems = comparison.labels()
    shown = [row for row in rows if row.verdict not in _HIDDEN[compared.how] and not _is_equal(row)]
    order = list(problems)
    lines = tuple(
        _line(row, problems[row.pair.problem], called(row.pair, estimators), comparison.rule)
        for row in sorted(shown, key=lambda row: order.index(row.pair.problem))
    )
    rule = rows[0].rule or comparison.rule
    return Section(
        name=f"{compared.metric}-again" if again else compared.metric,
        title=_title(compared, again=again),
        finding=by_word(compared, rows, rule),
        summary=summary(compared, rows),
        lines=lines,
        reasons=tuple(_reasons(rows)),
        exact=compared.how is How.EXACT,
        ranks=any(line.robust != NOTHING for line in lines),
        band=0.0 if compared.how is How.EXACT else rule.threshold,
        theta=rule.theta if compared.how is How.PROCESSES else 0.0,
    )


def _in_order(pairs: Iterable[Pair], problems: Mapping[str, str]) -> list[Pair]:
    order = list(problems)
    return sorted(pairs, key=lambda pair: order.index(pair.problem))


def _title(compared: Compared, *, again: bool) -> str:
    how = {
        How.PROCESSES: "NEW / BASE [95 % interval over processes]",
        How.EXACT: "exact",
        How.MEANS: "NEW / BASE [95 % interval over draws]",
        How.SEEDS: "NEW / BASE [95 % interval over seeds]",
    }
    return f"{compared.title}{' of suspects, measured again' if again else ''}, {how[compared.how]}"


def _reasons(rows: list[Row]) -> list[str]:
    found = Counter(row.reason for row in rows if row.reason)
    equal = sum(map(_is_equal, rows))
    said = [f"no verdict for {count(quantity, 'cell')}: {reason}" for reason, quantity in found.most_common()]
    return [*said, *([f"equal on both sides in {count(equal, 'cell')}"] if equal else [])]


def _is_equal(row: Row) -> bool:
    """Whether a number without a verdict is the same to the last digit, which needs no line."""
    return row.compared.how is How.EXACT and not row.judged and row.base == row.new


def _line(row: Row, problem: str, estimator: str, rule: Rule) -> Line:
    exact = row.compared.how is How.EXACT
    show = whole if exact else number
    ratio, robust = row.relative(row.difference.value), row.difference.robust
    ends = (row.relative(row.difference.low), row.relative(row.difference.high))
    change = number(ratio, 4) if exact else interval(ratio, *(ends if math.isfinite(ends[1]) else (None, None)))
    ranks = NOTHING
    if robust is not None and robust.low is not None and robust.high is not None:
        ranks = interval(row.relative(robust.value), row.relative(robust.low), row.relative(robust.high))
    wrong = _wrong(row.pair)
    word = _word(row)
    said = ", ".join(filter(None, (word, "a loss" if row.loss(rule) else "", wrong)))
    verdict = row.verdict if row.judged and row.verdict is not Verdict.UNDECIDED else None
    mark = Mark(ratio, *ends, word, verdict, _worse(row), _behind(row), wrong)
    return Line(problem, estimator, (show(row.base), show(row.new)), change, ranks, said, mark)


def _word(row: Row) -> str:
    """Symbol and word of a verdict."""
    if row.stage is Stage.SUSPECT:
        return "? suspect"
    return f"{_SYMBOLS[row.verdict]} {row.compared.word(row.verdict)}" if row.judged else UNJUDGED


def _worse(row: Row) -> bool | None:
    """Whether a decided change is for the worse; None where it is neither, or there is none."""
    if row.compared.loss is None or row.verdict in (Verdict.SAME, Verdict.UNDECIDED):
        return None
    return row.verdict is row.compared.loss


def _wrong(pair: Pair) -> str:
    sides = [
        name
        for name, records in (("BASE", pair.base), ("NEW", pair.new))
        if any(record.outcome is Outcome.WRONG for record in records.values())
    ]
    return f"wrong in {' and '.join(sides)}" if sides else ""


def _behind(row: Row) -> str:
    """What an interval rests on: `6 pairs`, `6 and 5 processes`, `100 draws on each side`; empty for an exact number."""
    if row.counts is None:
        return ""
    if row.in_pairs:
        return count(row.counts[0], "pair")
    if row.compared.how is How.SEEDS:
        return count(row.counts[0], "seed")
    noun, plural = ("process", "processes") if row.compared.how is How.PROCESSES else ("draw", "draws")
    base, new = row.counts
    return f"{count(base, noun, plural)} on each side" if base == new else f"{base:,} and {new:,} {plural}"
