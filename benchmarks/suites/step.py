"""The suite `step`: what one step gains along each kind of estimate, on quadratics with their closed forms and on networks.

It is a suite of its own and no part of `training`: a step has no update rule and no learning rate to be tuned, closed forms need
dimensions and numbers of tangents in a grid, and an answer takes minutes where trainings take hours. Costs are measured beside
it, so that the report can say what a step gains for a forward pass and for a second.
"""

from benchmarks.suites.suite import Grid, Suite

DIMENSIONS = (16, 64, 256, 1024)
TANGENTS = (1, 4, 16)

_MEANS = tuple(f"forward-gradient[k={k}]" for k in TANGENTS)

_PROJECTIONS = tuple(f"multi-tangent[k={k}]" for k in TANGENTS)

_METHODS = ("backprop", *_MEANS, *_PROJECTIONS, "spsa")

STEP_SUITE = Suite(
    name="step",
    summary="one step of the best size along each estimate, in minutes: quadratics with their closed forms, then digits",
    grids=(
        Grid(_METHODS, (*(f"sphere[n={n}]" for n in DIMENSIONS), "quadratic")),
        Grid(_METHODS, ("logistic-regression", "mlp[depth=1]", "cnn[channels=8]")),
    ),
    common=_METHODS,
    precision=0.03,
    budget=20.0,
    measures=("contract", "cost", "step"),
)
