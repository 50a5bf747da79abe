"""What puts the numbers of a comparison in doubt, or keeps verdicts from being drawn: it is said before them."""

from collections.abc import Sequence

from benchmarks.records import ENERGY, TRAINING, Outcome
from reports import names
from reports.compare.differing import Differing
from reports.compare.rows import Row, Rule
from reports.compare.sides import Side, Unmatched
from reports.text import count, listed, number

_NAMED = 8  # differences that are named in one alert
_VERSIONS = ("versions.", "python", "torch.git", "torch.cuda")


def alerts(
    base: Side,
    new: Side,
    rows: Sequence[Row],
    unmatched: Sequence[Unmatched],
    differences: Sequence[Differing],
    rule: Rule,
    again: tuple[Side, Side] | None = None,
) -> list[str]:
    """All that is to be said, the gravest first.

    Args:
        base: the run that is compared with.
        new: the run that is compared.
        rows: numbers of cells, with their verdicts.
        unmatched: cells that cannot be compared.
        differences: what differs beside the numbers.
        rule: by which rows were judged that name no other.
        again: the two runs in which suspects were measured again.
    """
    return [
        *_forbidding(differences, rows),
        *_wrong(base, new, rows),
        *_lost(unmatched),
        *_diverged(rows),
        *_versions(differences),
        *_floor(rows, rule),
        *_damage(base, new, again),
    ]


def kinds_forbidden(differences: Sequence[Differing]) -> list[str]:
    """The kinds of measurement about which no verdict is drawn, in the order of tables."""
    kinds = frozenset().union(*(one.forbids for one in differences))
    return [kind for kind in ("cost", "memory", "quality", ENERGY, TRAINING) if kind in kinds]


def _forbidding(differences: Sequence[Differing], rows: Sequence[Row]) -> list[str]:
    forbidding = [one for one in differences if one.forbids]
    if not forbidding:
        return []
    said = f"No verdict is drawn about {listed(kinds_forbidden(differences))}: the runs differ in {_listed(forbidding)}"
    return [f"{said}; the values stand side by side." if rows else f"{said}."]


def _wrong(base: Side, new: Side, rows: Sequence[Row]) -> list[str]:
    found = []
    for name, side in (("BASE", base), ("NEW", new)):
        records = [(row.pair.estimator, row.pair.base if name == "BASE" else row.pair.new) for row in rows]
        cells = {spec for spec, of in records if any(record.outcome is Outcome.WRONG for record in of.values())}
        if cells:
            labels = listed(sorted(names.estimator(spec).text for spec in cells))
            found.append(f"Failed the contract in {name} ({side.run}), so it is not what it claims to be: {labels}.")
    return found


def _lost(unmatched: Sequence[Unmatched]) -> list[str]:
    lost = sum(one.lost for one in unmatched)
    return [f"{count(lost, 'cell')} measured in BASE {'has' if lost == 1 else 'have'} no number in NEW."] if lost else []


def _diverged(rows: Sequence[Row]) -> list[str]:
    """Trainings that ended with a number in BASE, and with the same seed without one in NEW."""
    pairs = {id(row.pair): row.pair for row in rows if row.pair.kind == TRAINING}
    found = 0
    for pair in pairs.values():
        gone = [{record.cell.seed for record in side.values() if "diverged" in record.marks} for side in (pair.base, pair.new)]
        found += len((gone[1] - gone[0]) & {record.cell.seed for record in pair.base.values()})
    return [f"{count(found, 'training')} diverged in NEW and not in BASE, with the same seed."] if found else []


def _versions(differences: Sequence[Differing]) -> list[str]:
    versions = [one for one in differences if one.name.startswith(_VERSIONS)]
    return [f"Unequal versions, whose part in the ratios is not known: {_listed(versions)}."] if versions else []


def _floor(rows: Sequence[Row], rule: Rule) -> list[str]:
    floor = rule.noise_floor
    if floor is None or floor <= rule.threshold or not any(row.judged and row.in_processes for row in rows):
        return []
    return [
        f"The noise floor, {_share(floor)}, is above the threshold, {_share(rule.threshold)}: no time that differs by less than "
        "the noise floor is called slower or faster."
    ]


def _damage(base: Side, new: Side, again: tuple[Side, Side] | None) -> list[str]:
    suspects = () if again is None else (("BASE, measured again,", again[0]), ("NEW, measured again,", again[1]))
    return [
        f"{count(len(side.damage), 'line')} of the records of {name} could not be read and {'was' if one else 'were'} left out."
        for name, side in (("BASE", base), ("NEW", new), *suspects)
        if side.damage
        for one in [len(side.damage) == 1]
    ]


def _listed(differences: Sequence[Differing]) -> str:
    return listed([str(one) for one in differences], _NAMED)


def _share(value: float) -> str:
    return f"{number(100 * value, 2)} %"
