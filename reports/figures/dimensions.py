"""How do cost, memory and quality change with the number of parameters?

Families are problems that differ in their number of coordinates or in their width alone.
See `reports.figures.sweeps` for the metrics it needs.
"""

from reports.figures import sweeps
from reports.figures.selection import Row, Selection
from reports.figures.sweeps import LEFT, LINES, TOP, describe, draw, finding, height, table
from reports.frames import Results

NAME = "dimensions"
TITLE = "Dimension"
QUESTION = "How do cost, memory and quality change with the number of parameters?"
READING = f"A function against its number of coordinates n, or a model against its width. {LINES}"

__all__ = ["LEFT", "NAME", "PARAMETERS", "QUESTION", "READING", "TITLE", "TOP"]
__all__ += ["describe", "draw", "finding", "height", "select", "table"]

LEAST = 3
"""Places that make a course."""

PARAMETERS = {"n": "coordinates n", "width": "width", "channels": "channels"}
"""What makes a problem larger -> what it is called at the axis."""


def select(results: Results) -> Selection:
    """Families of problems that differ in size alone."""
    return sweeps.select(results, _place, LEAST, by="text")


def _place(row: Row) -> sweeps.Place | None:
    return sweeps.of_problem(row, PARAMETERS)
