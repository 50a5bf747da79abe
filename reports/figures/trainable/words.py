"""What trainable depth comes to, in words and in numbers."""

import math

from reports.figures.selection import NOT_MEASURED, Selection, Table, became, left_out_sentence
from reports.figures.trainable.attempts import TRAINS, Attempt, Family
from reports.text import NOTHING, count, listed, number

_COLUMNS = (
    *("layers", "rates that train", "best learning rate", "loss at the end", "over that of chance"),
    *("seeds that train there", "accuracy there", "outcome and marks"),
)


def finding(selection: Selection) -> str:
    """To which depth each method trains, in the family with most trainings."""
    families = _families(selection)
    if not families:
        return NOT_MEASURED
    return told(families[0])


def told(family: Family) -> str:
    """The same of one family, also for the opening of a report."""
    deepest = {method: family.deepest(method) for method in family.methods}
    ranked = sorted(deepest.items(), key=lambda pair: -pair[1].depth if pair[1] else 0.0)
    reached = [f"{found.depth:g} with {method} ({_at(found)})" for method, found in ranked if found]
    never = [method for method, found in ranked if not found]
    said = f"the deepest that trains has {listed(reached, 9)}" if reached else "no method trains any"
    missing = f"; none trains with {listed(never)}" if reached and never else ""
    limit = "" if all(attempt.whole for attempt in family.attempts) else ", as far as they were trained"
    depths = listed([f"{depth:g}" for depth in family.depths], 12)
    return f"Of {family.title} with {depths} {family.axis}, in {count(family.steps, 'step')}{limit}, {said}{missing}."


def describe(selection: Selection) -> str:
    """Methods, and how many depths each trains."""
    families = _families(selection)
    if not families:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    family, maps = families[0], len(selection.folded)
    parts = [f"A line chart, {count(len(family.methods), 'line')}" + (f", and {count(maps, 'map')} folded." if maps else ".")]
    for method in family.methods:
        tried = sorted({best.depth for best in _bests(family, method)})
        trained = sum(any(attempt.trains for attempt in family.of(method, depth)) for depth in tried)
        lost = sum(attempt.lost for attempt in family.of(method))
        gone = (
            f", {lost} of {count(len(family.of(method)), 'learning rate and depth', 'learning rates and depths')}" if lost else ""
        )
        parts.append(
            f"{method}: trains {trained} of {count(len(tried), 'depth')}{f'{gone} without a number at the end' if gone else ''}."
        )
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """One line a method and depth, at the learning rate that does best there."""
    groups = tuple(
        (f"{family.title} by {method}", tuple(_line(family, method, best) for best in _bests(family, method)))
        for family in _families(selection)
        for method in family.methods
    )
    caption = (
        f"Trainings by depth: one trains where its loss after the last step is at most {TRAINS:g} of that of chance, with every "
        "seed; losses and accuracies are medians over seeds"
    )
    return Table(caption, _COLUMNS, groups)


def _families(selection: Selection) -> list[Family]:
    return [panel.facts["family"] for panel in selection.panels]


def _bests(family: Family, method: str) -> list[Attempt]:
    return [best for depth in family.depths if (best := family.best(method, depth))]


def _line(family: Family, method: str, best: Attempt) -> tuple[str, ...]:
    tried = family.of(method, best.depth)
    known = math.isfinite(best.share)
    return (
        f"{best.depth:g}",
        f"{sum(attempt.trains for attempt in tried)} of {len(tried)}",
        NOTHING if math.isnan(best.lr) else f"{best.lr:.3g}",
        number(best.row.get("final_loss")) if known else NOTHING,
        number(best.share),
        f"{best.trained} of {len(best.shares)}",
        number(best.row.get("final_accuracy")) if known else NOTHING,
        became(best.row),
    )


def _at(found: Attempt) -> str:
    return "at the rule's default rate" if math.isnan(found.lr) else f"at a learning rate of {found.lr:.3g}"
