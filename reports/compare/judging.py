"""From matched cells to rows with verdicts: what is compared by processes, what exactly, what by means over draws.

Rows of trainings are in `trained`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.comparison import benjamini_hochberg, of_means, typical_error
from benchmarks.records import TRAINING, Metric, Record
from benchmarks.statistics import student_quantile
from reports.compare.differences import by_processes, point
from reports.compare.differing import Differing
from reports.compare.metrics import COMPARED, Compared, How
from reports.compare.rows import Row, Rule
from reports.compare.sides import Pair, in_turns
from reports.compare.trained import row_of

SAME_DRAWS = 1e-3
"""Means over equally many draws that lie closer than this, in standard errors, come from the same draws but for rounding: of
independent ones, fewer than one pair in a thousand does. Their difference is then known without the draws' own spread."""


def judged(pairs: Sequence[Pair], differences: Iterable[Differing], rule: Rule) -> list[Row]:
    """All numbers of all matched cells, by metric, with their verdicts."""
    forbidden = {kind: [one for one in differences if kind in one.forbids] for kind in {pair.kind for pair in pairs}}
    rows = []
    for compared in COMPARED.values():
        found = [row for pair in pairs if (row := _row(pair, compared)) is not None]
        found = [replace(row, reason=_forbidden(forbidden[row.pair.kind]) or row.reason) for row in found]
        rows += _decided(found, rule)
    return rows


def _decided(rows: Sequence[Row], rule: Rule) -> list[Row]:
    """The rows of one number with their verdicts.

    Only what has an error could be a false discovery: a difference that is known exactly would make room for others.
    """
    random = [row.judged and row.difference.error > 0 for row in rows]
    adjusted = iter(benjamini_hochberg([row.difference.p for row, counts in zip(rows, random, strict=True) if counts]))
    p = [next(adjusted) if counts else row.difference.p for row, counts in zip(rows, random, strict=True)]
    typical = typical_error([row.difference for row in rows if row.judged and row.compared.how is How.PROCESSES])
    return [row.decided(one, rule, typical) if row.judged else row for row, one in zip(rows, p, strict=True)]


def _row(pair: Pair, compared: Compared) -> Row | None:
    """The row of one number; None where a side lacks it."""
    if pair.kind == TRAINING:
        return row_of(pair, compared)
    base, new = _metrics(pair.base, compared.metric), _metrics(pair.new, compared.metric)
    if not base or not new:
        return None
    return _BY[compared.how](pair, compared, base, new)


def _metrics(records: Mapping[int, Record], name: str) -> dict[int, Metric]:
    """Process -> the metric over all layers, where it has a number."""
    whole = {
        process: [metric for metric in record.metrics if metric.metric == name and metric.layer is None]
        for process, record in records.items()
    }
    return {process: of[0] for process, of in whole.items() if of and isinstance(of[0].value, (int, float))}


def _processes(pair: Pair, compared: Compared, base: dict[int, Metric], new: dict[int, Metric]) -> Row | None:
    before, after = ({process: _number(metric) for process, metric in of.items()} for of in (base, new))
    return by_processes(pair, compared, before, after, in_turns=in_turns(pair.base, pair.new))


def _exact(pair: Pair, compared: Compared, base: dict[int, Metric], new: dict[int, Metric]) -> Row:
    values = [sorted({_number(metric) for metric in of.values()}) for of in (base, new)]
    before, after = (of[-1] for of in values)
    reason = "" if max(map(len, values)) == 1 else "it is not the same number in every process, so it is not exact"
    return Row(pair, compared, before, after, point(before, after), None, reason=reason)


def _means(pair: Pair, compared: Compared, base: dict[int, Metric], new: dict[int, Metric]) -> Row:
    before, after = (max(of.values(), key=lambda metric: metric.count or 0) for of in (base, new))
    counts = (before.count or 1, after.count or 1)
    values, degrees = (_number(before), _number(after)), (max(1, counts[0] - 1), max(1, counts[1] - 1))
    if values[0] == 0:
        reason = "" if values[0] == values[1] else "it is zero in BASE, so there is no ratio"
        return Row(pair, compared, *values, point(*values), counts, reason=reason)
    errors = (_error(before, degrees[0]), _error(after, degrees[1]))
    difference = of_means(*values, errors, degrees)
    if counts[0] == counts[1] and abs(difference.value) <= SAME_DRAWS * difference.error < math.inf:
        return Row(pair, compared, *values, point(*values), counts)
    reason = "" if math.isfinite(difference.error) else "a side has too few draws for a standard error"
    return Row(pair, compared, *values, difference, counts, reason=reason)


_BY: dict[How, Callable[..., Row | None]] = {How.PROCESSES: _processes, How.EXACT: _exact, How.MEANS: _means}


def _error(metric: Metric, degrees: int) -> float:
    """The standard error behind Student's interval of a mean."""
    if metric.low is None or metric.high is None or not metric.count:
        return math.inf
    return (metric.high - metric.low) / 2 / student_quantile(degrees)


def _number(metric: Metric) -> Any:
    return metric.value


def _forbidden(differences: Sequence[Differing]) -> str:
    return "no verdict about code: " + "; ".join(map(str, differences)) if differences else ""
