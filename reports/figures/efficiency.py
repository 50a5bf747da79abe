"""What does the time of an estimator buy: which ones offer the best efficiency at their cost?

See `reports.figures.fronts` for the front. Needs the metrics `multiple` and `efficiency`. The efficiency of a compiled estimate
is that of the eager one.
"""

from matplotlib.axes import Axes

from reports.figures import fronts
from reports.figures.fronts import LEFT, TOP, finding, height
from reports.figures.selection import Panel, Selection, Table
from reports.frames import Results
from reports.text import interval, tick

NAME = "efficiency"
TITLE = "What the cost buys"
QUESTION = "Which estimators offer the best efficiency at their cost?"
READING = (
    "Across: time of one gradient over one base forward pass. Upwards: efficiency η = ⟨E e, g⟩² / (‖g‖² E‖e‖²), which is 1 for "
    "an exact gradient. Grey staircase: the front of estimators that none surely beats in both. Thin lines join the numbers of "
    "tangents k of one series."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

_PRICE = fronts.Price("multiple", "a cost", "multiple of the base forward pass", interval, tick)


def select(results: Results) -> Selection:
    """Estimators of which both cost and efficiency are known, by problem."""
    return fronts.select(results, _PRICE)


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    fronts.draw(axes, panel, _PRICE)


def describe(selection: Selection) -> str:
    """The front of each panel, from the cheapest on."""
    return fronts.describe(selection, _PRICE)


def table(selection: Selection) -> Table:
    """Cost, efficiency and whether on the front."""
    return fronts.table(selection, _PRICE, f"Efficiency (95 % interval over the draws) and cost ({selection.scope})")
