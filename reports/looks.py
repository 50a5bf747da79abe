"""What each series looks like in every figure of a report: one colour a family, one marker and one line a series.

Colours have a contrast of at least 3 to 1 against white (Okabe and Ito's, without the light ones), and never stand alone: the
marker says the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reports.names import FAMILIES, Name

INK = "#222222"
COLORS = dict(zip(FAMILIES, (INK, "#0072b2", "#d55e00", "#009e73", "#b0579b"), strict=True))
"""Family -> colour."""

MARKERS = {
    "o": "M7 2a5 5 0 1 0 .01 0z",
    "s": "M3 3h8v8h-8z",
    "D": "M7 1l6 6l-6 6l-6-6z",
    "^": "M7 2l6 10h-12z",
    "v": "M7 12l-6-10h12z",
    "P": "M5 2h4v3h3v4h-3v3h-4v-3h-3v-4h3z",
    "X": "M4 1l3 3l3-3l3 3l-3 3l3 3l-3 3l-3-3l-3 3l-3-3l3-3l-3-3z",
}
"""Matplotlib's marker -> the same shape in a square of 14 units, for legends in the page."""

LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Look:
    """How one series is drawn."""

    color: str
    marker: str
    line: str


def looks(names: Iterable[Name]) -> dict[str, Look]:
    """Series -> look, the same for equal sets of names."""
    markers = list(MARKERS)
    places: dict[str, int] = {}
    result: dict[str, Look] = {}
    for name in sorted(set(names)):
        if name.series in result:
            continue
        place = places[name.family] = places.get(name.family, -1) + 1
        offset = 2 * FAMILIES.index(name.family)  # so that families differ in their first marker too
        marker = markers[(offset + place) % len(markers)]
        result[name.series] = Look(COLORS[name.family], marker, LINES[place % len(LINES)])
    return result
