"""Text of a terminal's width: rich lays tables and lines out, and nothing in the text steers the terminal."""

import io

from rich.console import Console


def plain(stream: io.StringIO, width: int) -> Console:
    """A console without colours, markup or emoji.

    Args:
        stream: what it prints to.
        width: columns.
    """
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False, color_system=None)


def trimmed(stream: io.StringIO) -> str:
    """What was printed, without spaces at the ends of its lines; they are there to fill columns."""
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"
