"""What energy does one gradient take, in all and net of what the idle device draws?

Two panels a problem, one for each reckoning, one row an estimator: the mark is the mean over windows, the line through it its
interval over windows, the grey line with ends below it the error bound of the counter: two kinds of doubt, drawn and named
apart. A claim takes both at their worst. Dashed: the base forward pass. Dotted: backprop. Needs the metrics of kind `energy`;
see `reports.joules`.
"""

from reports.figures.energy.panels import LEFT, TOP, draw, height, select
from reports.figures.energy.words import describe, finding, parts, table

NAME = "energy"
TITLE = "Energy"
QUESTION = "What energy does one gradient take, in all and net of idle?"
READING = (
    "One row an estimator: the mark is the energy of one gradient, the mean over windows of some seconds; the line through it is "
    "its 95 % interval over windows. The thin grey line with ends below it is another kind of doubt: the error bound of the "
    "counter, whose value moves in steps; how true its sensor is, no window can tell. Net of idle: without what the idle device "
    "draws in the same time. Dashed: one base forward pass. Dotted: backprop. It is the energy of the device with the counter, "
    "and of nothing else."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP"]
__all__ += ["describe", "draw", "finding", "height", "parts", "select", "table"]
