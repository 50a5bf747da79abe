"""What trainings show, in words and in numbers: who reached what, when, and at which learning rate."""

import math
from collections.abc import Sequence

import numpy as np

from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, left_out_sentence
from reports.figures.training.groups import OWN, Group
from reports.targets import Ratio, lowest
from reports.text import NOTHING, count, duration, listed, number

_COLUMNS = (
    *("estimator", "learning rate", "seeds", "lowest loss", "final accuracy", "time of a step", "forwards a step"),
    *("reached backprop's lowest", "T/T of backprop, seconds", "forward equivalents", "outcome and marks"),
)


def finding(selection: Selection) -> str:
    """Who reached what in the trainings shown at once, at each one's own learning rate where that is known."""
    groups = _groups(selection.pictures)
    if not groups:
        return NOT_MEASURED
    group = next((one for one in groups if one.rates == OWN), groups[0])
    members = [row for row in sorted(group.members, key=lambda row: row["name"]) if row["curves"]]
    common = {row["lr"] for row in members}
    shared = f" ({_rate(members[0])})" if len(common) == 1 else ""
    lows = [f"{row['name'].text} {_got(row)}{'' if shared else f' (at {_rate(row)})'}" for row in members]
    said = [f"lowest losses in {count(group.steps, 'step')} {group.rates}{shared}: {listed(lows, 9)}", *_when(group, members)]
    return f"{group.panel} by {group.rule}, {'. '.join(said)}."


def describe(selection: Selection) -> str:
    """Pictures, and the range of losses of each group."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    seen, folded = len(selection.pictures), len(selection.folded)
    parts = [f"Line charts of losses: {count(seen, 'picture')} seen at once" + (f", {folded} folded." if folded else ".")]
    for group in _groups((*selection.pictures, *selection.folded)):
        trained = [row for row in group.members if row["curves"]]
        best = [(value, row["name"].text) for row in trained if (value := _lowest(row)) is not None]
        if best:
            (low, first), (high, last) = min(best), max(best)
            spread = f" to {number(high)} ({last})" if len(best) > 1 else ""
            parts.append(f"{group.title}: lowest losses from {number(low)} ({first}){spread}.")
        else:
            parts.append(f"{group.title}: no loss is a number.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """One line a method, grouped by problem, rule and whose learning rate."""
    groups = tuple(
        (group.title, tuple(_line(group, row) for row in sorted(group.members, key=lambda row: row["name"])))
        for group in _groups((*selection.pictures, *selection.folded))
    )
    caption = (
        "Trainings: lowest validation loss and accuracy as medians over seeds; T/T of backprop is the geometric mean over seeds "
        "with Student's 95 % interval, or what it is larger than where a seed never reached backprop's lowest loss"
    )
    return Table(caption, _COLUMNS, groups)


def _groups(panels: tuple[Panel, ...]) -> list[Group]:
    """The groups of some panels, each once, in the order of the panels."""
    found = {panel.facts["group"].title + str(panel.facts["group"].steps): panel.facts["group"] for panel in panels}
    return list(found.values())


def _when(group: Group, members: Sequence[Row]) -> list[str]:
    """When backprop's lowest loss was reached by the others: a sentence, or none where there is no such loss."""
    others = [(row["name"].text, group.ratio(row, "seconds")) for row in members if row is not group.reference]
    said = []
    for name, found in others:
        if found.value is not None:
            times = number(found.value)
            said.append(f"{name} {f'in {times} of its time' if found.value < 1 else f'{times} times as late'}")
        elif found.reached:
            said.append(f"{name} in {found.reached} of {count(found.of, 'seed')}")
    never = [name for name, found in others if found.of and not found.reached]
    if not said and not never:
        return []
    reached = f"Backprop's lowest was reached by {listed(said, 9)}" if said else "Backprop's lowest was reached by no other"
    return [f"{reached}, never by {listed(never)}" if said and never else reached]


def _got(row: Row) -> str:
    low, gone = _lowest(row), "diverged" in row["marks"]
    if low is None:
        return "diverged at once"
    return f"{number(low)} and diverged" if gone else number(low)


def _rate(row: Row) -> str:
    """A learning rate to three digits; a rule that names none has its own default."""
    lr = row["lr"]
    return "the rule's default" if lr is None or not math.isfinite(lr) else f"{lr:.3g}"


def _line(group: Group, row: Row) -> tuple[str, ...]:
    seconds, forwards = (group.ratio(row, axis) for axis in ("seconds", "forwards"))
    return (
        row["name"].text,
        _rate(row),
        str(len(row["curves"])),
        number(_lowest(row), 4),
        number(_value(row, "final_accuracy"), 3),
        duration(_value(row, "step_time")),
        number(_value(row, "step_forwards"), 3),
        f"{seconds.reached} of {count(seconds.of, 'seed')}" if seconds.of else NOTHING,
        _ratio(seconds),
        _ratio(forwards),
        became(row),
    )


def _ratio(found: Ratio) -> str:
    if found.value is None:
        return NOTHING if found.beyond is None else f"> {number(found.beyond)}"
    if found.low is None or found.high is None:
        return f"{number(found.value)} (one seed)"
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def _lowest(row: Row) -> float | None:
    """The lowest loss of a method, median over its seeds."""
    found = [value for value in map(lowest, row["curves"].values()) if value is not None]
    return float(np.median(found)) if found else None


def _value(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None else float(value)
