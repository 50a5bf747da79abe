"""The suite `versions`: a few telling cells, for two versions of `estimators` in turns, in a few minutes.

Small and dense work, a tape, forward mode with one tangent and with several, two plain passes, a projection. The data are
synthetic, so that nothing has to be prepared; quality is drawn often enough to see that an estimator has become another one.
"""

from benchmarks.suites.suite import Grid, Suite

_ESTIMATORS = (
    "backprop",
    "checkpointed-backprop",
    "forward-gradient",
    "forward-gradient[directions=rademacher,k=16]",
    "multi-tangent[k=4]",
    "spsa",
)

VERSIONS = Suite(
    name="versions",
    summary="what `compare` measures of two versions of the estimators: a few telling cells, a few minutes",
    grids=(Grid(_ESTIMATORS, ("logistic-regression[data=synthetic]", "mlp[data=synthetic]")),),
    common=_ESTIMATORS,
    budget=2.0,
    draws=400,
)
