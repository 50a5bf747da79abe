"""What does the energy of an estimator buy: which ones offer the best efficiency for their joules?

See `reports.figures.fronts` for the front. Needs the metrics `energy`, with its error bound, and `efficiency`. The ends of an
energy take in the error bound of the counter, since whether one estimator beats another must not hang on it.
"""

from matplotlib.axes import Axes

from reports.figures import fronts
from reports.figures.fronts import LEFT, TOP, finding, height
from reports.figures.selection import Panel, Selection, Table
from reports.frames import Results
from reports.joules import energy_interval, joule_tick

NAME = "frugality"
TITLE = "What the energy buys"
QUESTION = "Which estimators offer the best efficiency for their energy?"
READING = (
    "Across: the energy of one gradient, in all; the line through a mark is its interval over windows with the error bound of "
    "the counter at either end. Upwards: efficiency η, which is 1 for an exact gradient. Grey staircase: the front of estimators "
    "that none surely beats in both. Thin lines join the numbers of tangents k of one series."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]

_PRICE = fronts.Price("energy", "an energy", "energy of a gradient", energy_interval, joule_tick)


def select(results: Results) -> Selection:
    """Estimators of which both energy and efficiency are known, by problem."""
    return fronts.select(results, _PRICE)


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    fronts.draw(axes, panel, _PRICE)


def describe(selection: Selection) -> str:
    """The front of each panel, from the least energy on."""
    return fronts.describe(selection, _PRICE)


def table(selection: Selection) -> Table:
    """Energy, efficiency and whether on the front."""
    caption = "Efficiency (95 % interval over the draws) and energy (interval over windows, with the error bound of the counter)"
    return fronts.table(selection, _PRICE, caption)
