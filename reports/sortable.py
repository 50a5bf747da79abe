"""A table that a reader may sort and filter in the page, and that is whole without a script."""

import math
from dataclasses import dataclass

from reports.text import count

MOST_ROWS = 2000
"""Rows that a page shows at most: sorting more takes a browser too long. The data in the page have them all."""

_SLIM = frozenset(" .,:;'|[]()il-–")  # characters of about half the width of a digit
_HALF, _WORD = 0.6, 1.1  # widths of these and of letters, in digits
_ROOM = 1.6  # between columns, and what a font is wider than that
_LEAST, _WIDEST = 4.0, 30.0  # of a column; words that are longer wrap, numbers do not


@dataclass(frozen=True)
class Heading:
    """The head of a column.

    Attributes:
        text: what it says.
        numeric: whether it is sorted by numbers, its gaps always last; otherwise by words, the numbers in them by size.
    """

    text: str
    numeric: bool = True


@dataclass(frozen=True)
class Entry:
    """What stands in one place of the table.

    Attributes:
        text: for people.
        key: the number it is sorted by; None where there is none.
        flag: whether it stands out.
    """

    text: str
    key: float | None = None
    flag: bool = False

    @property
    def sortable(self) -> str:
        """The key as the page holds it: six digits tell apart what the text tells apart."""
        return "" if self.key is None else f"{self.key:.6g}"


@dataclass(frozen=True)
class Sortable:
    """A table for `macros.sortable`.

    Attributes:
        caption: what it holds.
        columns: headings; the first is that of the row headers.
        rows: each as long as `columns`.
        further: how many rows are left out.
    """

    caption: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Entry, ...], ...]
    further: int = 0

    @property
    def widths(self) -> tuple[float, ...]:
        """How wide each column is, in digits of the font.

        A browser that is told need not lay out every row to know: that is most of what sorting takes.
        """
        return tuple(_width(heading, [row[place] for row in self.rows]) for place, heading in enumerate(self.columns))

    @property
    def left_out(self) -> str:
        """A sentence on what is not shown; empty where all is."""
        said = f"{count(self.further, 'further row')} {'is' if self.further == 1 else 'are'} not shown, to keep the page quick"
        return f"{said}: the data in this page have them all." if self.further else ""


def entry(text: str, value: float | None) -> Entry:
    """A number with its text; one that is missing or not finite has no key, and so is sorted last."""
    return Entry(text, float(value) if value is not None and math.isfinite(value) else None)


def cut(caption: str, columns: tuple[Heading, ...], rows: list[tuple[Entry, ...]]) -> Sortable:
    """A table of at most `MOST_ROWS` rows, the first ones."""
    return Sortable(caption, columns, tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS))


def _width(heading: Heading, entries: list[Entry]) -> float:
    """Of a column: its longest entry, where that is a number or short, and at least the longest word of its heading."""
    longest = max((_extent(one.text) for one in entries), default=0.0)
    inside = longest if heading.numeric else min(longest, _WIDEST)
    word = max(map(_extent, heading.text.split()), default=0.0)
    return round(max(inside, word * _WORD, _LEAST) + _ROOM, 1)  # headings are bold


def _extent(text: str) -> float:
    """The width of a line, in digits."""
    return sum(_HALF if letter in _SLIM else 1.0 if letter.isdigit() else _WORD for letter in text)
