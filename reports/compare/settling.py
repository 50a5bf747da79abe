"""Screened cells and suspects: which cells are measured again, and a comparison that judges these by the fresh processes alone.

With few processes a lone change in one of many cells cannot survive false discovery control, and of many equal cells some look
different. So all cells are screened with few processes, the suspicious ones are measured again with many, and what made them
suspicious has no part in their verdict: it was chosen for being large.
"""

import math
from dataclasses import replace

from benchmarks.comparison import Verdict
from reports.compare.alerts import alerts
from reports.compare.comparison import Comparison
from reports.compare.notes import notes
from reports.compare.rows import Row, Rule, Stage

SUSPECTED = "a suspect: measured again, and judged by the fresh processes alone"
"""Why a suspect has no verdict from the screening."""


def suspects(screened: Comparison) -> list[tuple[str, str]]:
    """The cells to measure again: called faster or slower, or undecided although the estimate lies beyond theta.

    Returns:
        Canonical specs (estimator, problem), in the order of the comparison.
    """
    found = [(row.pair.estimator, row.pair.problem) for row in screened.rows if _suspicious(row, screened.rule)]
    return list(dict.fromkeys(found))


def settled(screened: Comparison, again: Comparison | None) -> Comparison:
    """One comparison from both: suspects are judged by `again` alone, all other cells by the screening.

    Args:
        screened: of all cells.
        again: of the suspects; false discoveries were controlled over them. None where there are none. What was measured again
            stays a suspect, also where another threshold or noise floor would no longer make it one.
    """
    chosen = {*suspects(screened), *(() if again is None else _cells(again))}
    rows = [_screened(row, (row.pair.estimator, row.pair.problem) in chosen) for row in screened.rows]
    last = max((place for place, row in enumerate(rows) if row.settles), default=-1)
    unmatched = screened.unmatched
    if again is not None:
        fresh = [replace(row, stage=Stage.SETTLED, rule=again.rule) for row in again.rows if row.settles]
        rows[last + 1 : last + 1] = fresh
        unmatched = (*unmatched, *again.unmatched)
    folders, rule = (None, None) if again is None else ((again.base, again.new), again.rule)
    context = (rows, unmatched, screened.differences, screened.rule)
    return replace(
        screened,
        rows=tuple(rows),
        unmatched=unmatched,
        alerts=tuple(alerts(screened.base, screened.new, *context, folders)),
        notes=tuple(notes(*context)),
        again=folders,
        settling=rule,
    )


def _cells(comparison: Comparison) -> set[tuple[str, str]]:
    measured = {(row.pair.estimator, row.pair.problem) for row in comparison.rows}
    return measured | {(one.estimator, one.problem) for one in comparison.unmatched}


def _suspicious(row: Row, rule: Rule) -> bool:
    if not row.judged or not row.settles or row.verdict is Verdict.SAME:
        return False
    return row.verdict is not Verdict.UNDECIDED or abs(row.difference.value) > math.log1p(rule.theta)


def _screened(row: Row, suspect: bool) -> Row:
    if not row.settles:
        return row
    if not suspect:
        return replace(row, stage=Stage.SCREENED)
    return replace(row, stage=Stage.SUSPECT, reason=SUSPECTED, verdict=Verdict.UNDECIDED)
