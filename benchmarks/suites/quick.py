"""The suite `quick`: a first honest look at cost, memory and quality, in 90 seconds on two cores.

Small problems meet every estimator; the larger ones meet those whose quality is affordable there: a mean cosine to 1 % costs
hundreds of draws of k tangents each, which for Gaussian tangents on 282 000 parameters is most of the time there is.
"""

from benchmarks.suites.suite import Grid, Suite

_EXACT = ("backprop", "checkpointed-backprop")

_ONE_TANGENT = (
    "forward-gradient",
    "forward-gradient[directions=rademacher]",
    "forward-gradient[directions=sphere]",
    "spsa",
    "rdsa",
)

_SEVERAL_TANGENTS = (
    "forward-gradient[k=4]",
    "forward-gradient[k=16]",
    "forward-gradient[directions=rademacher,k=4]",
    "forward-gradient[directions=rademacher,k=16]",
    "forward-gradient[aggregation=sum,k=4]",
    "multi-tangent[k=4]",
    "multi-tangent[k=16]",
    "multi-tangent[k=4,scale=unbiased]",
    "multi-tangent[directions=rademacher,k=16,scale=unbiased]",
)

_LARGE = (
    *_EXACT,
    "forward-gradient",
    "forward-gradient[directions=rademacher]",
    "forward-gradient[directions=rademacher,k=4]",
    "forward-gradient[directions=rademacher,k=16]",
    "multi-tangent[k=4]",
    "spsa",
)

QUICK = Suite(
    name="quick",
    summary="a first look in 90 seconds: closed-form functions, logistic regression, MLPs and a small CNN on real digits",
    grids=(
        Grid((*_EXACT, *_ONE_TANGENT, *_SEVERAL_TANGENTS, "forward-mode"), ("sphere", "rosenbrock")),
        Grid((*_EXACT, *_ONE_TANGENT, *_SEVERAL_TANGENTS), ("logistic-regression", "mlp")),
        Grid(_LARGE, ("cnn[channels=8]", "mlp[depth=5,width=256]")),
    ),
    common=(*_EXACT, *_ONE_TANGENT, *_SEVERAL_TANGENTS),
)
