"""Change along a direction: how far do loss and gradient stay what they are where all layers move a little?

Every tensor moves by the same share of its norm, the relative size, along an estimate. `courses` reads the curves, `panels`
selects and draws, `words` tells. Needs the kind `perturbation` with its curves.
"""

from reports.figures.perturbation.panels import LEFT, TOP, draw, height, select
from reports.figures.perturbation.words import describe, finding, table

NAME = "perturbation"
TITLE = "Change along a direction"
QUESTION = "How far can all layers move before the gradient is another?"
READING = (
    "Every tensor moves by the same share of its norm along one estimate, away from the initial weights. Of the gradient that "
    "of the weight matrix that changes most is shown, the length of the change over its length before; of the loss the change "
    "over the loss before, whatever its sign. Lines are medians over seeds, a colour a depth. Dotted, in the same colour: deep "
    "relative trust (Bernstein et al. 2020), (1 + size) to the power of the number of weight matrices, minus 1, which is taken "
    "for the most that a gradient changes by; it is a model, and what is measured may lie above it. Where the change is 1 "
    "(dashed) the gradient has changed by its own length: that size stands against depth in the last picture. By "
    "weight matrix the changes stand at a size of 0.01."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]
