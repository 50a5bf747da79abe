"""Trainable depth: to which number of hidden layers does an update rule train, and at which learning rates?

A training *trains* where its validation loss after the last step is at most half of what the frequencies of the classes alone
give; a method trains a depth where it does so with every seed at one of its learning rates. `attempts` judges the trainings,
`panels` selects and draws, `words` tells. Needs the kind `training` with its curves, at three depths or more.
"""

from reports.figures.trainable.panels import LEFT, TOP, draw, height, select
from reports.figures.trainable.words import describe, finding, table

NAME = "trainable-depth"
TITLE = "Trainable depth"
QUESTION = "To which depth does an update rule train?"
READING = (
    "The validation loss after the last step (median over seeds), over that of who knows only how frequent each class is; where "
    "there are no classes, over the loss before the first step. A training trains where it is at most one half, the dashed "
    "line; a marker is filled where every seed does, at the learning rate that trains most seeds and of these has the lowest "
    "loss. A cross at the upper edge: no learning rate ends with a number. Folded, by method: a row a learning rate, a column a "
    "depth, the colour the same loss from dark (low) to light; a dot where every seed trains, a cross where one has no "
    "number at the end."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]
