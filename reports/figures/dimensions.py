"""How do cost, memory and quality change with the number of parameters?

Families are problems that differ in their number of coordinates or in their width alone.
See `reports.figures.sweeps` for the metrics it needs.
"""

from matplotlib.axes import Axes

from reports.figures import sweeps
from reports.figures.selection import Panel, Row, Selection, Table
from reports.figures.sweeps import LEFT, LINES, TOP
from reports.frames import Results

NAME = "dimensions"
TITLE = "Dimension"
QUESTION = "How do cost, memory and quality change with the number of parameters?"
READING = f"One row of panels a family: a function against its number of coordinates n, or a model against its width. {LINES}"

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

LEAST = 3
"""Places that make a course."""

_PARAMETERS = {"n": "coordinates n", "width": "width", "channels": "channels"}


def select(results: Results) -> Selection:
    """Families of problems that differ in size alone."""
    return sweeps.select(results, _place, LEAST, by="text")


def _place(row: Row) -> sweeps.Place | None:
    return sweeps.of_problem(row, _PARAMETERS)


def finding(selection: Selection) -> str:
    """From one end of the axis to the other."""
    return sweeps.finding(selection)


def height(panel: Panel) -> float:
    """The same for every panel."""
    return sweeps.HEIGHT


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one metric of one family."""
    sweeps.draw(axes, panel)


def describe(selection: Selection) -> str:
    """Panels, lines, range by panel."""
    return sweeps.describe(selection)


def table(selection: Selection) -> Table:
    """All metrics, by family and place."""
    return sweeps.table(selection)
