"""The suite `estimators`: every registered estimator and its variants once, for the pages in docs/estimators.

On the perceptron the declared operations and closed forms hold to the letter. The convolutional network and the function show who
asks for what; logistic regression has few enough coordinates for a derivative along each.
"""

from benchmarks.suites.registered import AFFORDABLE, EVERY_COORDINATE, variants
from benchmarks.suites.suite import Grid, Suite

ALL = (*AFFORDABLE, *variants())

METHODS = Suite(
    name="estimators",
    summary="every registered estimator and its variants on the MLP; the registered ones on a small CNN and a function, too",
    grids=(
        Grid(ALL, ("mlp",)),
        Grid(AFFORDABLE, ("cnn[channels=8]",)),
        Grid((*AFFORDABLE, *EVERY_COORDINATE), ("sphere",)),
        Grid(("backprop", "forward-gradient", *EVERY_COORDINATE), ("logistic-regression",)),
    ),
    common=ALL,
    precision=0.03,
    budget=2.0,
    draws=1000,
)
