"""The suite `quick`: a first honest look at cost, memory and quality, in 90 seconds on two cores.

Small problems meet every estimator; the larger ones meet those whose quality is affordable there: a mean cosine to 1 % costs
about five thousand tangents, whatever k is, and for Gaussian ones on 282 000 parameters that is 8 seconds of drawing alone.
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

_PLAIN = (
    "forward-gradient[k=4]",
    "forward-gradient[k=16]",
    "forward-gradient[directions=rademacher,k=4]",
    "forward-gradient[directions=rademacher,k=16]",
    "multi-tangent[k=4]",
    "multi-tangent[k=16]",
    "multi-tangent[directions=rademacher,k=16]",
)

_SEVERAL_TANGENTS = (*_PLAIN, "forward-gradient[aggregation=sum,k=4]", "multi-tangent[k=4,scale=unbiased]")

_ON_CNN = (
    *_EXACT,
    "forward-gradient",
    "forward-gradient[directions=rademacher]",
    "forward-gradient[directions=rademacher,k=4]",
    "multi-tangent[k=4]",
)

_ON_DEEP_MLP = (
    *_EXACT,
    "forward-gradient[directions=rademacher,k=4]",
    "forward-gradient[directions=rademacher,k=16]",
    "multi-tangent[directions=rademacher,k=16]",
)

_ONE_ON_MLP = ("forward-gradient", "forward-gradient[directions=rademacher]", "spsa")

QUICK = Suite(
    name="quick",
    summary="a first look in 90 seconds: closed-form functions, logistic regression, MLPs and a small CNN on real digits",
    grids=(
        Grid(("backprop", "forward-mode", *_ONE_TANGENT, *_SEVERAL_TANGENTS), ("sphere",)),
        Grid(("backprop", "forward-mode", *_ONE_TANGENT, "forward-gradient[k=16]", "multi-tangent[k=16]"), ("rosenbrock",)),
        Grid(("backprop", *_ONE_TANGENT, *_PLAIN), ("logistic-regression",)),
        Grid((*_EXACT, *_ONE_ON_MLP, *_SEVERAL_TANGENTS), ("mlp",)),
        Grid(_ON_CNN, ("cnn[channels=8]",)),
        Grid(_ON_DEEP_MLP, ("mlp[depth=5,width=256]",)),
    ),
    common=(*_EXACT, *_ONE_TANGENT, *_SEVERAL_TANGENTS),
    precision=0.03,
)
