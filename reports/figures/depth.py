"""How do cost, memory and quality change with depth?

Families are models that differ in their number of hidden layers alone.
See `reports.figures.sweeps` for the metrics it needs.
"""

from reports.figures import sweeps
from reports.figures.selection import Row, Selection
from reports.figures.sweeps import LEFT, LINES, TOP, describe, draw, finding, height, table
from reports.frames import Results

NAME = "depth"
TITLE = "Depth"
QUESTION = "How do cost, memory and quality change with depth?"
READING = f"A model of one width against its number of hidden layers. {LINES}"

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

LEAST = 3
"""Places that make a course."""

_PARAMETERS = {"depth": "hidden layers"}


def select(results: Results) -> Selection:
    """Families of problems that differ in depth alone."""
    return sweeps.select(results, _place, LEAST, by="text")


def _place(row: Row) -> sweeps.Place | None:
    return sweeps.of_problem(row, _PARAMETERS)
