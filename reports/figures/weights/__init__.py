"""Weights over a training: what becomes of their norms and singular values, by layer and update rule?

Shown is the problem on which most methods train, the deepest or largest of these, each method at the learning rate that does best
there. `histories` reads the curves, `panels` selects and draws, `words` tells. Needs the kind `training` with its curves.
"""

from reports.figures.weights.panels import LEFT, TOP, draw, height, select
from reports.figures.weights.words import describe, finding, table

NAME = "weights"
TITLE = "Weights over a training"
QUESTION = "What becomes of the norms and singular values of weights?"
READING = (
    "A picture a weight matrix, a line a method at its best learning rate; medians over seeds. The Frobenius norm stands over "
    "that before the first step (dashed: 1). Of the singular values the solid line is the largest, the dotted one in the same "
    "colour the smallest; the square of the norm over that of the largest is the stable rank, folded below: how many directions "
    "a matrix uses. Watched are at most four matrices of a model, its first and its last among them; singular values are taken "
    "less often than losses."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]
