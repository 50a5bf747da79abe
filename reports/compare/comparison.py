"""Two runs compared: every number that both have, with its verdict, and everything else that differs."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.statistics import Interval
from reports import names
from reports.compare.alerts import alerts
from reports.compare.differing import Differing, differing
from reports.compare.judging import judged
from reports.compare.notes import notes
from reports.compare.reaching import with_targets
from reports.compare.rows import Row, Rule
from reports.compare.sides import Side, Unmatched, matched, read
from reports.text import visible

FINE, LOSS, NOTHING = 0, 1, 4
"""Exit codes of a comparison."""


@dataclass(frozen=True)
class Comparison:
    """What a comparison comes to.

    Attributes:
        base: the run that is compared with.
        new: the run that is compared.
        rule: what counts as a change.
        rows: one number of one cell each, by metric.
        unmatched: cells that cannot be compared.
        differences: what differs beside the numbers.
        alerts: sentences about what puts numbers in doubt or keeps verdicts from being drawn.
        notes: sentences that a reader of the verdicts must know.
        again: the two run folders in which suspects were measured again; None where none were.
        settling: what counts as a change in these; None where there are none.
    """

    base: Side
    new: Side
    rule: Rule
    rows: tuple[Row, ...]
    unmatched: tuple[Unmatched, ...]
    differences: tuple[Differing, ...]
    alerts: tuple[str, ...]
    notes: tuple[str, ...]
    again: tuple[Side, Side] | None = None
    settling: Rule | None = None

    @property
    def losses(self) -> tuple[Row, ...]:
        """The rows that a gate fails for."""
        return tuple(row for row in self.rows if row.loss(self.rule))

    @property
    def exit_code(self) -> int:
        """`NOTHING` where no verdict could be drawn, `LOSS` where one is a loss beyond the threshold, else `FINE`."""
        if not any(row.judged for row in self.rows):
            return NOTHING
        return LOSS if self.losses else FINE

    def labels(self) -> tuple[dict[str, str], dict[str, str]]:
        """Canonical spec -> short text, for estimators and for problems."""
        estimators = [*(row.pair.estimator for row in self.rows), *(one.estimator for one in self.unmatched)]
        problems = [*(row.pair.problem for row in self.rows), *(one.problem for one in self.unmatched)]
        labels = names.told_apart(estimators, lambda spec: names.estimator(spec).text)
        return labels, names.told_apart(problems, names.problem)

    def frame(self) -> pd.DataFrame:
        """One row a number of a cell; see `COLUMNS`. `attrs` holds what `context` gives."""
        frame = pd.DataFrame(self.values(), columns=list(COLUMNS))
        frame.attrs |= self.context()
        return frame.astype({"base_count": "Int64", "new_count": "Int64"})

    def values(self) -> list[dict[str, Any]]:
        """The rows of `frame` as plain values."""
        return [_values(row, self.rule) for row in self.rows]

    def context(self) -> dict[str, list[Any]]:
        """What surrounds the rows, as JSON values: `differences`, `unmatched`, `alerts`, `notes`."""
        differences = [{**vars(one), "forbids": sorted(one.forbids)} for one in self.differences]
        unmatched = [vars(one) for one in self.unmatched]
        return {"differences": differences, "unmatched": unmatched, "alerts": list(self.alerts), "notes": list(self.notes)}


COLUMNS = {
    "estimator": "canonical spec",
    "problem": "canonical spec",
    "kind": "of measurement",
    "execution": "eager or compile",
    "rule": "canonical spec of a training's update rule; empty for all else",
    "metric": "which number",
    "unit": "its unit",
    "base": "in BASE; over several processes the geometric mean of their medians",
    "new": "in NEW",
    "ratio": "NEW / BASE; for means over draws or seeds 1 + (NEW - BASE) / |BASE|",
    "low": "lower end of its 95 % interval; NaN where there is none",
    "high": "upper end",
    "robust": "the Hodges-Lehmann estimate of the ratio",
    "robust_low": "lower end of its 95 % interval, from ranks",
    "robust_high": "upper end",
    "p": "probability of a difference at least as large between equal things",
    "adjusted_p": "after Benjamini and Hochberg, over the rows of the metric that have a verdict",
    "base_count": "processes, draws or seeds in BASE",
    "new_count": "processes, draws or seeds in NEW",
    "in_pairs": "whether processes were measured in turns, and compared in pairs",
    "detection_limit": "the relative change that is found in four cases of five",
    "verdict": "faster, slower, same; more, less, equal; higher, lower, same; later, sooner, same; undecided",
    "stage": "which measurement it rests on: once; of two versions screened, or suspect and then settled in a row of its own",
    "reason": "why there is no verdict; empty where there is one",
    "loss": "whether it is a decided change for the worse beyond the threshold",
}
"""Columns of `Comparison.frame`, with what they hold."""


def compare(base: str | Path, new: str | Path, rule: Rule) -> Comparison:
    """Compare two run folders.

    Args:
        base: run folder that is compared with.
        new: run folder that is compared.
        rule: what counts as a change.

    Raises:
        FolderError: one of them is no run folder or too new, or both are the same.
    """
    return of_sides(*read(base, new), rule)


def of_sides(base: Side, new: Side, rule: Rule) -> Comparison:
    """Compare two runs that were read."""
    pairs, unmatched = matched(*with_targets(base, new))
    differences = differing(base, new)
    rows = judged(pairs, differences, rule)
    context = (rows, unmatched, differences, rule)
    said = (tuple(alerts(base, new, *context)), tuple(notes(*context)))
    return Comparison(base, new, rule, tuple(rows), tuple(unmatched), tuple(differences), *said)


def _values(row: Row, rule: Rule) -> dict[str, Any]:
    difference, robust = row.difference, row.difference.robust or Interval(math.nan)
    counts = row.counts or (None, None)
    return {
        "estimator": row.pair.estimator,
        "problem": row.pair.problem,
        "kind": row.pair.kind,
        "execution": row.pair.execution,
        "rule": row.pair.rule,
        "metric": row.compared.metric,
        "unit": row.compared.unit,
        "base": row.base,
        "new": row.new,
        "ratio": _finite(row.relative(difference.value)),
        **{end: _finite(row.relative(getattr(difference, end))) if _has_interval(row) else math.nan for end in ("low", "high")},
        "robust": _finite(row.relative(robust.value)),
        "robust_low": math.nan if robust.low is None else row.relative(robust.low),
        "robust_high": math.nan if robust.high is None else row.relative(robust.high),
        "p": difference.p if _has_interval(row) else math.nan,
        "adjusted_p": row.adjusted_p if row.judged and _has_interval(row) else math.nan,
        "base_count": counts[0],
        "new_count": counts[1],
        "in_pairs": row.in_pairs,
        "detection_limit": _finite(row.limit(rule)),
        "verdict": row.compared.word(row.verdict),
        "stage": row.stage.value,
        "reason": visible(row.reason),
        "loss": row.loss(rule),
    }


def _has_interval(row: Row) -> bool:
    return math.isfinite(row.difference.high - row.difference.low) and row.difference.degrees > 0


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan
