"""Rows of trainings: losses and steps seed by seed, times by processes.

With the same seed, on the same machine, a training is repeated to the last digit. So where every seed has the same number on both
sides they are the same. Where they differ, each difference is real, and what is left open is how another seed would have it: that
is what the interval over seeds is of.
"""

import math
from collections.abc import Iterable, Mapping
from statistics import fmean, geometric_mean, median

from benchmarks.comparison import LEAST_SEEDS, of_pairs
from benchmarks.records import Record
from reports.compare.differences import UNKNOWN, by_processes, point
from reports.compare.metrics import Compared, How
from reports.compare.rows import Row
from reports.compare.sides import Pair, in_turns
from reports.text import count

Values = Mapping[tuple[int, int], float | None]
"""(process, seed) -> the number; None where the training has none."""

_NOWHERE = "no seed is on both sides, so there is nothing to pair"


def row_of(pair: Pair, compared: Compared) -> Row | None:
    """The row of one number of a training; None where no training on either side has it."""
    base, new = (_values(side.values(), compared.metric) for side in (pair.base, pair.new))
    if not base or not new or not any(value is not None for value in (*base.values(), *new.values())):
        return None
    seeds = sorted({seed for _, seed in base} & {seed for _, seed in new})
    lacking = [[seed for seed in seeds if _of_seed(side, seed) is None] for side in (base, new)]
    if not seeds or any(lacking):
        reason = _lacking(compared, lacking, len(seeds)) if seeds else _NOWHERE
        means = [_mean(_of_seed(side, seed) for seed in seeds or sorted({seed for _, seed in side})) for side in (base, new)]
        return Row(pair, compared, means[0], means[1], UNKNOWN, (len(seeds), len(seeds)), reason=reason)
    return (
        _by_process(pair, compared, base, new, seeds)
        if compared.how is How.PROCESSES
        else _by_seed(pair, compared, base, new, seeds)
    )


def _by_seed(pair: Pair, compared: Compared, base: Values, new: Values, seeds: list[int]) -> Row:
    before, after = ([_number(side, seed) for seed in seeds] for side in (base, new))
    means, counts = (fmean(before), fmean(after)), (len(seeds), len(seeds))
    if before == after:
        return Row(pair, compared, *means, point(*means), counts)
    if means[0] == 0:
        return Row(pair, compared, *means, point(*means), counts, reason="it is zero in BASE, so there is no ratio")
    few = f"numbers of equal seeds differ, and what holds for others needs more: run again with --seeds {LEAST_SEEDS}"
    reason = f"{few} (here {len(seeds)})" if len(seeds) < LEAST_SEEDS else ""
    return Row(pair, compared, *means, of_pairs(before, after), counts, reason=reason)


def _by_process(pair: Pair, compared: Compared, base: Values, new: Values, seeds: list[int]) -> Row | None:
    """A process's datum is the geometric mean over its seeds."""
    found = []
    for side in (base, new):
        whole = [process for process in sorted({process for process, _ in side}) if all((process, s) in side for s in seeds)]
        found.append({process: geometric_mean([side[process, seed] or math.nan for seed in seeds]) for process in whole})
    if not all(found):
        return None
    turns = in_turns(
        *({record.cell.process: record for record in reversed(list(side.values()))} for side in (pair.base, pair.new))
    )
    return by_processes(pair, compared, found[0], found[1], in_turns=turns)


def _values(records: Iterable[Record], name: str) -> Values:
    return {
        (record.cell.process, record.cell.seed): metric.value
        for record in records
        for metric in record.metrics
        if metric.metric == name and metric.layer is None
    }


def _of_seed(values: Values, seed: int) -> float | None:
    """The median over processes, which are alike but for times; None where one of them has no number."""
    found = [value for (_, one), value in values.items() if one == seed]
    known = [float(value) for value in found if value is not None and math.isfinite(value)]
    return median(known) if len(known) == len(found) else None


def _number(values: Values, seed: int) -> float:
    found = _of_seed(values, seed)
    return math.nan if found is None else found


def _mean(values: Iterable[float | None]) -> float:
    known = list(values)
    return math.nan if None in known or not known else fmean(value for value in known if value is not None)


def _lacking(compared: Compared, lacking: list[list[int]], seeds: int) -> str:
    what = "the training diverged" if compared.metric == "final_loss" else "there is no number"
    if compared.metric.endswith("_to_target"):
        what = "the target was not reached"
    here = [f"{len(of)} of {count(seeds, 'seed')} in {name}" for of, name in zip(lacking, ("BASE", "NEW"), strict=True) if of]
    return f"{what} with {' and '.join(here)}"
