"""What each series looks like in every figure of a report: one colour a family, one marker a series.

Colours have a contrast of at least 3 to 1 against white (Okabe and Ito's first, without the light ones), and never stand alone:
the marker says the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.typing import LineStyleType

from reports.names import OTHER, Name

INK = "#222222"
COLORS = {
    "exact": INK,
    "forward gradient": "#0072b2",
    "projection": "#d55e00",
    "zeroth order": "#009e73",
    OTHER: "#9f4a8b",
    "activation space": "#a6761d",
    "feedback": "#c51b7d",
    "approximate": "#5e3c99",
    "reused": "#7f7f00",
}
"""Family -> colour."""

MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "*", "p", "h", "d")
"""Matplotlib's names, each of a shape of its own; more series than these share some."""

LINES: tuple[LineStyleType, ...] = ("-", "--", "-.", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
"""Matplotlib's styles. Dotted is none of them: that is what is not measured."""


@dataclass(frozen=True)
class Look:
    """How one series is drawn."""

    color: str
    marker: str
    line: LineStyleType


def looks(names: Iterable[Name], by: str = "series") -> dict[str, Look]:
    """Series (or whole names, with `by="text"`) -> look, the same for equal sets of names."""
    families = {str(getattr(name, by)): name.family for name in sorted(set(names))}
    members = list(families.values())
    return {
        series: Look(COLORS[family], MARKERS[place % len(MARKERS)], LINES[members[:place].count(family) % len(LINES)])
        for place, (series, family) in enumerate(families.items())
    }


def looks_of(words: Sequence[str]) -> dict[str, Look]:
    """Look of things that are no estimators, such as update rules or depths: a colour each, in their order."""
    colors = list(COLORS.values())
    return {
        word: Look(colors[place % len(colors)], MARKERS[place % len(MARKERS)], LINES[place // len(colors) % len(LINES)])
        for place, word in enumerate(words)
    }


WORSE, BETTER = COLORS["projection"], COLORS["forward gradient"]
"""Colours of decided changes in a comparison; the shape of the mark says the direction, so they never stand alone."""
