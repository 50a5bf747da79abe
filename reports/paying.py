"""Where along a course of sizes something stops paying: the verdict of single points, and what follows for the course.

Nothing is said about sizes between two that were measured, or beyond the last.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a point pays, its intervals taken at their worst."""

    PAYS = "yes"
    NOT = "no"
    OPEN = "undecided"


@dataclass(frozen=True)
class Paying:
    """What a course of points came to.

    Attributes:
        last: the largest measured size at which it surely pays; None where there is none.
        first: the smallest measured size such that it surely pays neither there nor at any larger one; None where there is none.
        decided: whether every point has a verdict.
        refuted: whether it surely does not pay at any size.
        mixed: whether it surely pays at a size above one at which it surely does not, so that there is no single break-even.
    """

    last: float | None
    first: float | None
    decided: bool
    refuted: bool
    mixed: bool

    @property
    def rank(self) -> tuple[float, float]:
        """Sorts what pays longest first."""
        return -(self.last or 0.0), -(self.first or 0.0)

    def words(self, quantity: int) -> str:
        """The predicate of a sentence about so many estimators."""
        pay, do, are = ("pays", "does", "is") if quantity == 1 else ("pay", "do", "are")
        if self.last is not None:
            up_to = f"{pay} up to n = {self.last:,.0f}"
            if self.mixed:
                return f"{pay} at n = {self.last:,.0f} but not at every smaller size"
            if self.first is not None:
                return f"{up_to} and no longer from {self.first:,.0f} on"
            return f"{pay} at every measured size" if self.decided else f"{up_to}, with larger sizes undecided"
        if self.first is not None:
            smaller = f"{do} not pay from n = {self.first:,.0f} on, with smaller sizes undecided"
            return f"{pay} at no measured size" if self.decided else smaller
        return (
            f"{pay} at no measured size, as far as that is decided" if self.refuted else f"{are} undecided at every measured size"
        )


def verdict(least: float, most: float) -> Verdict:
    """The verdict of a point from the ends of what it buys over what the reference buys; open where one is not known."""
    if least > 1:
        return Verdict.PAYS
    return Verdict.NOT if most < 1 else Verdict.OPEN


def paying(points: Iterable[tuple[float, Verdict]]) -> Paying:
    """What follows for a course from its (size, verdict) points, in any order."""
    course = sorted(points)
    pays = [size for size, said in course if said is Verdict.PAYS]
    refuted = [size for size, said in course if said is Verdict.NOT]
    others = [size for size, said in course if said is not Verdict.NOT]
    beyond = [size for size in refuted if size > max(others, default=0.0)]
    last = max(pays, default=None)
    return Paying(
        last=last,
        first=min(beyond, default=None),
        decided=all(said is not Verdict.OPEN for _, said in course),
        refuted=bool(refuted),
        mixed=last is not None and min(refuted, default=last) < last,
    )
