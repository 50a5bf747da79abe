"""Words at the top of a picture beside the places they are about, in as many rows as they need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from reports import style

MOST_ROWS = 3
"""Rows of words at most; what finds no room is in the words below the picture and in its table."""

_ROW, _GAP, _CHARACTER = 13, 4, 7.0  # pixels: height of a row, from a place to its words, width of a character
_LEAST = 4.0  # highest over lowest value of an axis, at least


@dataclass(frozen=True)
class Flag:
    """Words with their place.

    Attributes:
        x: what they are about, in units of the axis.
        text: the words.
        row: 0 for the topmost.
        right: whether they stand right of the place, and not left of it.
    """

    x: float
    text: str
    row: int
    right: bool


def arranged(axes: Axes, words: Sequence[tuple[float, str]]) -> list[Flag]:
    """Give words their rows, none over another; those for which there is no row are left out.

    Args:
        axes: the limits of its x axis are set.
        words: (x, text), from left to right.
    """
    ends: list[list[tuple[float, float]]] = [[] for _ in range(MOST_ROWS)]
    found = []
    for x, text in words:
        place = float(axes.transData.transform((x, 1.0))[0]) - axes.bbox.x0
        width = _CHARACTER * len(text) + _GAP
        right = bool(place + width <= axes.bbox.width)
        begin, end = (place, place + width) if right else (place - width, place)
        row = next((row for row, taken in enumerate(ends) if all(end <= one or begin >= other for one, other in taken)), None)
        if row is not None:
            ends[row].append((begin, end))
            found.append(Flag(x, text, row, right))
    return found


def headroom(axes: Axes, flags: Sequence[Flag], values: Sequence[float]) -> list[float]:
    """A value above all others by what the flags need of a logarithmic axis; none without flags."""
    shown = style.finite(values)
    if not flags or not shown:
        return []
    share = (_ROW * (1 + max(flag.row for flag in flags)) + _GAP) / axes.bbox.height
    span = max(math.log(max(shown) / min(shown)), math.log(_LEAST))
    return [max(shown) * math.exp(span * share / (1 - share))]


def draw(axes: Axes, flags: Sequence[Flag]) -> None:
    """Write them."""
    for flag in flags:
        axes.annotate(
            flag.text,
            (flag.x, 1),
            (_GAP if flag.right else -_GAP, -_ROW * flag.row),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset pixels",
            ha="left" if flag.right else "right",
            va="top",
            fontsize=style.SMALL,
            zorder=5,
        )
