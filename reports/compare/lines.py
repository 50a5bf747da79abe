"""What a section of a comparison holds: lines of words, each with the numbers of its picture."""

import math
from dataclasses import dataclass

from benchmarks.comparison import Verdict

UNJUDGED = "? no verdict"
"""The word of a cell about which no verdict is drawn."""


@dataclass(frozen=True)
class Mark:
    """A line as numbers, for a picture.

    Attributes:
        ratio: NEW over BASE; not always positive or finite.
        low: lower end of its interval; may be NaN or infinite.
        high: upper end.
        word: symbol and word of the verdict.
        verdict: what was decided; None where nothing was: there is no verdict, or it is `undecided`.
        worse: whether it is a decided change for the worse (True) or the better (False); None for neither.
        behind: what the interval rests on, such as `6 pairs`; empty for an exact number.
        wrong: on which sides the estimator failed its contract; empty for none.
    """

    ratio: float
    low: float
    high: float
    word: str
    verdict: Verdict | None
    worse: bool | None
    behind: str
    wrong: str

    @property
    def changed(self) -> bool:
        """Whether a change was decided."""
        return self.verdict in (Verdict.MORE, Verdict.LESS)

    @property
    def drawable(self) -> bool:
        """Whether a logarithmic axis has a place for its ratio."""
        return math.isfinite(self.ratio) and self.ratio > 0


@dataclass(frozen=True)
class Line:
    """One cell of a section.

    Attributes:
        problem: its short name.
        estimator: its short name.
        values: of BASE and NEW.
        change: the ratio with its interval.
        robust: the Hodges-Lehmann estimate with its interval; a dash where there is none.
        verdict: symbol and word, with what speaks against it.
        mark: its numbers; None where it has no place in a picture.
    """

    problem: str
    estimator: str
    values: tuple[str, str]
    change: str
    robust: str
    verdict: str
    mark: Mark | None = None

    @property
    def place(self) -> tuple[int, float]:
        """Sorts by what a reader must see first: changes, then what is not decided, then what is the same; the largest first."""
        if self.mark is None:
            return 1, 0.0
        rank = 0 if self.mark.changed else 1 if self.mark.verdict is None else 2
        return rank, -abs(math.log(self.mark.ratio)) if self.mark.drawable else -math.inf


@dataclass(frozen=True)
class Section:
    """One number, over all cells.

    Attributes:
        name: for ids: the metric, `multiple-again` for suspects that were measured again, `absolute`.
        title: what it is.
        finding: what it comes to, as a sentence.
        summary: how many cells came to which verdict.
        lines: the cells; of exact numbers only those that are not equal, of means only those that are decided.
        reasons: why some have no verdict.
        exact: whether both values are shown whatever the room: they are compared to the byte, or not at all.
        ranks: whether there are Hodges-Lehmann intervals.
        band: the relative change within which two things are the same; 0 where there is no such band.
        theta: the relative change that an interval must reach beyond to be called different; 0 where there is none.
    """

    name: str
    title: str
    finding: str
    summary: str
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]
    exact: bool
    ranks: bool
    band: float = 0.0
    theta: float = 0.0
