"""What a reader of the verdicts must know: how they came about, what could have been found, and what speaks against them."""

from collections.abc import Sequence
from statistics import median

from benchmarks.records import MARKS, Record
from reports import names
from reports.compare.differing import Differing, same_code
from reports.compare.metrics import DERIVED, How
from reports.compare.rows import Row, Rule, Stage
from reports.compare.sides import Unmatched
from reports.text import count, number


def notes(rows: Sequence[Row], unmatched: Sequence[Unmatched], differences: Sequence[Differing], rule: Rule) -> list[str]:
    """All that is to be said, the most important first.

    Args:
        rows: numbers of cells, with their verdicts.
        unmatched: cells that cannot be compared.
        differences: what differs beside the numbers.
        rule: by which rows were judged that name no other.
    """
    timed = [row for row in rows if row.compared.how is How.PROCESSES and row.judged]
    means = [row for row in rows if row.compared.how is How.MEANS]
    equal = same_code([*differences]) if rows else False
    return [
        *_design(timed),
        *_sensitivity(timed, rule, equal=equal),
        *_ranks(timed),
        *_draws(means),
        *_trainings(rows),
        *_marks(rows),
        *_renamed(unmatched),
    ]


def _design(timed: Sequence[Row]) -> list[str]:
    found = []
    settled = [row for row in timed if row.stage is Stage.SETTLED]
    if settled:
        pairs = max(min(row.counts) for row in settled if row.counts)
        what = f"{count(len(settled), 'suspect')} of the screening {'was' if len(settled) == 1 else 'were'} measured again"
        found.append(f"{what} in {pairs} pairs of fresh processes, and judged by these alone.")
    elif any(row.stage is Stage.SCREENED for row in timed):
        found.append("The screening left no suspect that had to be measured again.")
    if any(row.in_pairs for row in timed):
        found.append("Processes were measured in turns and are compared in pairs.")
    if any(not row.in_pairs for row in timed):
        found.append("The folders were measured one after the other: what the machine did to one alone is in the ratios.")
    return found


def _sensitivity(timed: Sequence[Row], rule: Rule, *, equal: bool) -> list[str]:
    if not timed:
        return []
    settled = [row for row in timed if row.stage is Stage.SETTLED]
    others = [row for row in timed if row.stage is not Stage.SETTLED]
    found = [
        *_limits(others, rule, "times"),
        *_limits(settled, rule, "times of suspects, measured again"),
        *dict.fromkeys(said for row in (*others, *settled) for said in _floor(row.rule or rule, equal=equal)),
    ]
    halves = [row.relative(row.difference.high - row.difference.value) - 1 for row in others or settled]
    if equal:
        found.append(
            f"Both sides ran the same code, so this is a comparison of equal things: half-width {_share(median(halves))} "
            "(median), to be given as --noise-floor to comparisons on this machine."
        )
    return found


def _limits(timed: Sequence[Row], rule: Rule, what: str) -> list[str]:
    if not timed:
        return []
    limits = sorted(row.limit(rule) for row in timed)
    span = f" (median of {len(limits)} cells; {_share(limits[0])} to {_share(limits[-1])})" if len(limits) > 1 else ""
    return [f"Detection limit of {what}: {_share(median(limits))}{span}, found in 4 of 5 cases in a cell judged by itself."]


def _floor(rule: Rule, *, equal: bool) -> list[str]:
    if rule.noise_floor is None:
        unknown = "The noise floor of the machine is not known, so it widened no bound: `gradgauge doctor` measures it."
        return [] if equal else [unknown]
    if not rule.source:
        return []
    limit = f", detection limit {_share(rule.limit)}" if rule.limit is not None else ""
    return [f"Noise floor {_share(rule.noise_floor)}{limit}: {rule.source}."]


def _ranks(timed: Sequence[Row]) -> list[str]:
    """Where ranks see a difference that means do not, or the other way round."""
    differ = []
    for row in timed:
        robust = row.difference.robust
        if robust is not None and robust.low is not None and robust.high is not None:
            differ.append((robust.low <= 0 <= robust.high) != (row.difference.low <= 0 <= row.difference.high))
    if not any(differ):
        return []
    return [f"In {count(sum(differ), 'cell')} the interval from ranks (Hodges-Lehmann) tells otherwise: look for slow processes."]


def _draws(means: Sequence[Row]) -> list[str]:
    pairs = {(row.pair.estimator, row.pair.problem): row.counts for row in means if row.counts}
    unequal = [counts for counts in pairs.values() if counts[0] != counts[1]]
    if not unequal:
        return []
    example = f"{unequal[0][0]:,} and {unequal[0][1]:,}"
    return [f"The number of draws differs in {len(unequal)} of {count(len(pairs), 'cell')} (such as {example})."]


def _trainings(rows: Sequence[Row]) -> list[str]:
    """How trainings are compared, where any are."""
    found = []
    if ends := [row for row in rows if row.compared.metric == "final_loss"]:
        equal = sum(row.judged and row.difference.error == 0 and row.base == row.new for row in ends)
        said = "Trainings are compared seed by seed, which repeats them to the last digit where nothing has changed"
        found.append(f"{said}: so it is in {equal} of {count(len(ends), 'training')}.")
    if any(row.compared.metric in DERIVED for row in rows):
        found.append("The target of a training is the lowest loss that backprop reached in BASE with the same seed.")
    return found


def _marks(rows: Sequence[Row]) -> list[str]:
    found = []
    for mark, meaning in MARKS.items():
        by = [{_place(row) for row in rows if any(mark in r.marks for r in _records(row, name))} for name in ("BASE", "NEW")]
        if any(by):
            found.append(f"Marked {mark} ({meaning}): {count(len(by[0]), 'cell')} of BASE, {len(by[1])} of NEW.")
    return found


def _renamed(unmatched: Sequence[Unmatched]) -> list[str]:
    """Cells that differ only in parameters that the short name leaves out."""
    places: dict[tuple[str, ...], set[str]] = {}
    for one in unmatched:
        place = (names.estimator(one.estimator).text, names.problem(one.problem), one.kind, one.execution, one.rule)
        places.setdefault(place, set()).add(one.reason)
    both = sum({"only in BASE", "only in NEW"} <= reasons for reasons in places.values())
    if not both:
        return []
    is_in = "is" if both == 1 else "are"
    return [f"{count(both, 'cell')} that only BASE has {is_in} in NEW but for a default or a parameter that was added."]


def _records(row: Row, name: str) -> list[Record]:
    return list((row.pair.base if name == "BASE" else row.pair.new).values())


def _place(row: Row) -> tuple[str, ...]:
    return row.pair.estimator, row.pair.problem, row.pair.kind, row.pair.execution, row.pair.rule


def _share(value: float) -> str:
    return f"{number(100 * value, 2)} %"
