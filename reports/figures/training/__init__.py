"""Does it train: the validation loss against steps, forward equivalents and seconds, and when backprop's lowest is reached.

Every problem and rule is shown at the learning rate that all estimators have in common, and at each one's own where `gradgauge
tune` found one. `groups` reads the trainings out of the cells, `panels` selects and draws, `words` tells. Needs the kind
`training` with its curves.
"""

from reports.figures.training.panels import LEFT, TOP, draw, height, select
from reports.figures.training.words import describe, finding, table

NAME = "training"
TITLE = "Loss over a training"
QUESTION = "Which estimates train, how far, and when do they reach what backprop reaches?"
READING = (
    "The loss on samples kept back (of functions, the function itself) after steps, after forward equivalents (operations over "
    "those of one forward pass on a minibatch) and after seconds of estimate and rule. Thin lines are seeds, which share initial "
    "weights and minibatches with the same seed of every other method; the thick one is their median at each validation. "
    "Nothing is smoothed. A cross is the end of a training that diverged. Dashed: the lowest loss of backprop, median over seeds."
)

__all__ = ["LEFT", "NAME", "QUESTION", "READING", "TITLE", "TOP", "describe", "draw", "finding", "height", "select", "table"]
