"""How do cost, memory and quality change with the number of tangents?

Families are the cells of one problem. Estimators without tangents are levels.
See `reports.figures.sweeps` for the metrics it needs.
"""

from reports.figures import sweeps
from reports.figures.selection import Row, Selection
from reports.figures.sweeps import LEFT, LINES, TOP, describe, draw, finding, height, table
from reports.frames import Results

NAME = "tangents"
TITLE = "Tangents"
QUESTION = "How do cost, memory and quality change with the number of tangents?"
READING = f"One problem against the number of tangents k; exact estimators, which have none, are levels. {LINES}"

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

LEAST = 4
"""Places that make a course; the few of a first look are in the other figures."""


def select(results: Results) -> Selection:
    """Problems on which something was measured with several numbers of tangents."""
    return sweeps.select(results, _place, LEAST, by="series")


def _place(row: Row) -> sweeps.Place | None:
    if not row["name"].k and row["name"].family != "exact":
        return None
    return sweeps.Place(row["panel"], row["panel"], "tangents k", float(row["name"].k))
