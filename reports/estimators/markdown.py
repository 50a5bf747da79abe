"""Markdown: tables, wrapped text, and docstrings whose signs must not be taken for markup."""

import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 125


def table(header: Sequence[str], lines: Iterable[Sequence[object]], numbers: int = 0) -> str:
    """A table.

    Args:
        header: names of the columns.
        lines: their cells; what would end a cell is escaped.
        numbers: how many of the columns from the right hold numbers.
    """
    rule = ["---"] * (len(header) - numbers) + ["---:"] * numbers
    rows = [[str(value).replace("|", "\\|").replace("\n", " ") for value in line] for line in (header, *lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))


def wrapped(text: str) -> str:
    """A paragraph in lines of the usual length."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def prose(docstring: str) -> str:
    """The text of a docstring: what stands between backticks stays as it is, a star or an angle bracket is itself."""
    parts = re.split(r"(`[^`]*`)", docstring)
    return "".join(part if part.startswith("`") else re.sub(r"([*<])", r"\\\1", part) for part in parts)


def code(text: str, language: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"
