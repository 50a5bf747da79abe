"""How do cost, memory and quality change with the number of tangents?

Families are the cells of one problem. Estimators without tangents are levels.
See `reports.figures.sweeps` for the metrics it needs.
"""

from matplotlib.axes import Axes

from reports.figures import sweeps
from reports.figures.selection import Panel, Row, Selection, Table
from reports.figures.sweeps import LEFT, LINES, TOP
from reports.frames import Results

NAME = "tangents"
TITLE = "Tangents"
QUESTION = "How do cost, memory and quality change with the number of tangents?"
READING = f"One row of panels a problem, against the number of tangents k; exact estimators, which have none, are levels. {LINES}"

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

LEAST = 4
"""Places that make a course; the few of a first look are in the other figures."""


def select(results: Results) -> Selection:
    """Problems on which something was measured with several numbers of tangents."""
    return sweeps.select(results, _place, LEAST, by="series")


def _place(row: Row) -> sweeps.Place | None:
    return (
        sweeps.Place(row["panel"], "tangents k", float(row["name"].k)) if row["name"].k or row["name"].family == "exact" else None
    )


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
