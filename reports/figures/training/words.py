"""What trainings show, in words and in numbers: the sentences of the figure, its description and its table."""

from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, left_out_sentence
from reports.figures.training.groups import OWN, Group
from reports.figures.training.telling import came_to, interval_of, lowest_of, rate, reached
from reports.text import NOTHING, count, duration, number

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
    return f"{group.panel} by {group.rule}, {came_to(group)}. {reached(group)}".strip()


def describe(selection: Selection) -> str:
    """Pictures, and the range of losses of each group."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    seen, folded = len(selection.pictures), len(selection.folded)
    parts = [f"Line charts of losses: {count(seen, 'picture')} seen at once" + (f", {folded} folded." if folded else ".")]
    for group in _groups((*selection.pictures, *selection.folded)):
        best = [(value, row["name"].text) for row in group.trained if (value := lowest_of(row)) is not None]
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


def _line(group: Group, row: Row) -> tuple[str, ...]:
    seconds, forwards = (group.ratio(row, axis) for axis in ("seconds", "forwards"))
    return (
        row["name"].text,
        rate(row),
        str(len(row["curves"])),
        number(lowest_of(row), 4),
        number(_value(row, "final_accuracy"), 3),
        duration(_value(row, "step_time")),
        number(_value(row, "step_forwards"), 3),
        f"{seconds.reached} of {count(seconds.of, 'seed')}" if seconds.of else NOTHING,
        interval_of(seconds),
        interval_of(forwards),
        became(row),
    )


def _value(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None else float(value)
