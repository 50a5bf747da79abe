"""How do cost, memory and quality change with the size of the batch?

Families are problems that differ in the number of their samples alone.
See `reports.figures.sweeps` for the metrics it needs.
"""

from reports.figures import sweeps
from reports.figures.selection import Row, Selection
from reports.figures.sweeps import LEFT, LINES, TOP, describe, draw, finding, height, table
from reports.frames import Results

NAME = "batch"
TITLE = "Batch"
QUESTION = "How do cost, memory and quality change with the size of the batch?"
READING = f"A model against the number of samples in its batch. {LINES}"

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

LEAST = 3
"""Places that make a course."""

_PARAMETERS = {"batch": "samples in the batch"}


def select(results: Results) -> Selection:
    """Families of problems that differ in their batch alone."""
    return sweeps.select(results, _place, LEAST, by="text")


def _place(row: Row) -> sweeps.Place | None:
    return sweeps.of_problem(row, _PARAMETERS)
