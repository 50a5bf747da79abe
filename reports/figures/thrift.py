"""What does the memory of an estimator buy: which ones offer the best efficiency for their peak of tensor bytes?

See `reports.figures.fronts` for the front. Needs the metrics `peak_bytes` and `efficiency`. The peak is counted exactly, so only
efficiencies have intervals.
"""

from matplotlib.axes import Axes

from reports.figures import fronts
from reports.figures.fronts import LEFT, TOP, finding, height
from reports.figures.selection import Panel, Selection, Table
from reports.frames import Results
from reports.text import size, size_tick

NAME = "thrift"
TITLE = "What the memory buys"
QUESTION = "Which estimators offer the best efficiency for their memory?"
READING = (
    "Across: the exact peak of tensor bytes beyond parameters, buffers and batch. Upwards: efficiency η, which is 1 for an exact "
    "gradient. Grey staircase: the front of estimators that none surely beats in both. Thin lines join the numbers of tangents k "
    "of one series."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

_PRICE = fronts.Price(
    "peak_bytes", "a peak", "peak of tensor bytes", lambda value, low, high: size(value), size_tick, binary=True
)


def select(results: Results) -> Selection:
    """Estimators of which both peak and efficiency are known, by problem."""
    return fronts.select(results, _PRICE)


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    fronts.draw(axes, panel, _PRICE)


def describe(selection: Selection) -> str:
    """The front of each panel, from the smallest peak on."""
    return fronts.describe(selection, _PRICE)


def table(selection: Selection) -> Table:
    """Peak, efficiency and whether on the front."""
    return fronts.table(selection, _PRICE, "Efficiency (95 % interval over the draws) and exact peak of tensor bytes")
