"""What the opening says of trainings at several depths: how deep each method trains."""

from reports.figures.selection import Row
from reports.figures.trainable.attempts import Family, families_of
from reports.figures.trainable.words import told
from reports.frames import Results

Place = tuple[str, str, int]
"""Panel, rule with its learning rate, and steps of trainings."""


def sentences(results: Results) -> list[str]:
    """About the family with most trainings; none where no model was trained at several depths."""
    return [told(family) for family in _kept(results)[:1]]


def places(results: Results) -> set[Place]:
    """The trainings that `sentences` tells of: their learning rates were varied with the depth, and are no mere trials."""
    return {place_of(attempt.row) for family in _kept(results)[:1] for attempt in family.attempts}


def place_of(row: Row) -> Place:
    """What a row of trainings is."""
    return row["panel"], row["rule"], int(row["steps"])


def _kept(results: Results) -> list[Family]:
    """The families in which anything was trained, all of it by estimators that keep their contract."""
    wrong = set(results.cells.loc[results.cells["outcome"] == "wrong", "estimator"])
    families = families_of(results)
    return [
        family
        for family in families
        if any(attempt.shares for attempt in family.attempts)
        and not any(one.row["estimator"] in wrong for one in family.attempts)
    ]
