"""What perturbations show, in words and in numbers."""

import math
from collections.abc import Sequence

from estimators.theory.trust import trusted_size
from reports.figures.perturbation.courses import PROBED, Course, Family
from reports.figures.selection import NOT_MEASURED, Selection, Table, became, left_out_sentence
from reports.text import NOTHING, count, number

_COLUMNS = (
    *("estimator", "layers", "weight matrices", "gradient, the matrix that changes most", "all of the gradient"),
    *("deep relative trust", "loss", "size at a change of 1", "trust", "seeds", "outcome and marks"),
)


def finding(selection: Selection) -> str:
    """What a move of 1 % changes at either end of the depths, beside deep relative trust."""
    families = _families(selection)
    if not families:
        return NOT_MEASURED
    family = families[0]
    known = [course for course in family.first if math.isfinite(course.at("largest_gradient_change", PROBED))]
    if not known:
        return f"On {family.title} no change of a gradient is a number."
    ends = [known[0]] if len(known) == 1 else [known[0], known[-1]]
    said = " and ".join(_change(course) for course in ends)
    move = f"a move of {100 * PROBED:g} % of every tensor's norm along {known[0].row['label']}"
    return f"On {family.title}, {move} changes {said}. {_trust(known)}"


def describe(selection: Selection) -> str:
    """Pictures, and by estimator the range of what changes."""
    families = _families(selection)
    if not families:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    seen, folded = len(selection.pictures), len(selection.folded)
    parts = [
        f"Line charts on logarithmic axes: {count(seen, 'picture')} seen at once" + (f", {folded} folded." if folded else ".")
    ]
    for family in families[:1]:
        for name in dict.fromkeys(course.row["name"] for course in family.courses):
            courses = family.of(name)
            known = [value for course in courses if math.isfinite(value := course.at("largest_gradient_change", PROBED))]
            spread = f"from {number(min(known))} to {number(max(known))}" if known else "no number"
            parts.append(
                f"{family.title} along {courses[0].row['label']}, {count(len(courses), 'model')}: largest relative change of the "
                f"gradient at a size of {PROBED:g} {spread}."
            )
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """One line an estimator and model."""
    groups = tuple((family.title, tuple(_line(course) for course in family.courses)) for family in _families(selection))
    caption = (
        f"Relative changes where every tensor moves by {100 * PROBED:g} % of its norm, and the relative size of a move at which "
        "the gradient of some weight matrix has changed by its own length, beside deep relative trust; medians over seeds"
    )
    return Table(caption, _COLUMNS, groups)


def _families(selection: Selection) -> list[Family]:
    """Each once, in the order of the panels."""
    found = {panel.facts["family"].title: panel.facts["family"] for panel in selection.panels}
    return list(found.values())


def _change(course: Course) -> str:
    value, trust = (course.at(name, PROBED) for name in ("largest_gradient_change", "deep_relative_trust"))
    where = f" at {course.called}" if course.called else ""
    return f"the gradient of some weight matrix by {number(value)} of its length{where} (deep relative trust: {number(trust)})"


def _trust(courses: Sequence[Course]) -> str:
    """How measured changes lie to deep relative trust, over all models at this size."""
    ratios = [
        course.at("largest_gradient_change", PROBED) / trust
        for course in courses
        if (trust := course.at("deep_relative_trust", PROBED)) > 0
    ]
    if not ratios:
        return "There is no deep relative trust to compare with."
    above = sum(ratio > 1 for ratio in ratios)
    spread = f"{number(min(ratios))} to {number(max(ratios))}" if len(ratios) > 1 else number(ratios[0])
    return f"That is {spread} times deep relative trust, more than it on {above} of {count(len(ratios), 'model')}."


def _line(course: Course) -> tuple[str, ...]:
    trusted = trusted_size(course.layers) if course.layers else math.nan
    return (
        course.row["label"],
        NOTHING if math.isnan(course.depth) else f"{course.depth:g}",
        str(course.layers) if course.layers else NOTHING,
        *(
            number(course.at(name, PROBED))
            for name in ("largest_gradient_change", "gradient_change", "deep_relative_trust", "loss_change")
        ),
        number(course.trusted),
        number(trusted),
        str(course.seeds),
        became(course.row),
    )
