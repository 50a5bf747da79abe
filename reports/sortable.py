"""A table that a reader may sort and filter in the page, and that is whole without a script."""

import math
from dataclasses import dataclass

from reports.text import count

MOST_ROWS = 2000
"""Rows that a page shows at most: sorting more takes a browser too long. The data in the page have them all."""


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
