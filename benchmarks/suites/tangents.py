"""The suite `tangents`: cost, memory and quality as the number of tangents k doubles from 1 to 64.

On the sphere with 64 coordinates, where 64 tangents span the space; on one of 4096; and on the perceptron, where the loss has
a price. Backprop and checkpointed backprop have no tangents: they are the level to compare with.
"""

from benchmarks.suites.effort import LIMIT_S, LONGEST_S, SWEEP_DRAWS, SWEEP_PRECISION
from benchmarks.suites.suite import Grid, Suite

TANGENTS = (1, 2, 4, 8, 16, 32, 64)

_MEAN = tuple(f"forward-gradient[k={k}]" for k in TANGENTS)
_SIGNS = tuple(f"forward-gradient[directions=rademacher,k={k}]" for k in TANGENTS)
_PROJECTION = tuple(f"multi-tangent[k={k}]" for k in TANGENTS)
_SIGN_PROJECTION = tuple(f"multi-tangent[directions=rademacher,k={k}]" for k in TANGENTS)
_DIFFERENCES = tuple(f"spsa[k={k}]" for k in TANGENTS)

_ALL = (*_MEAN, *_SIGNS, *_PROJECTION, *_SIGN_PROJECTION, *_DIFFERENCES)

TANGENT_COUNTS = Suite(
    name="tangents",
    summary="k = 1 ... 64 tangents on spheres and the MLP: cost, memory and quality against k",
    grids=(
        Grid(("backprop", *_ALL), ("sphere[n=64]", "sphere[n=4096]")),
        Grid(("backprop", "checkpointed-backprop", *_ALL), ("mlp",)),
    ),
    common=("backprop", "checkpointed-backprop", *_MEAN, *_PROJECTION, *_DIFFERENCES),
    precision=SWEEP_PRECISION,
    budget=LONGEST_S,
    draws=SWEEP_DRAWS,
    timeout=LIMIT_S,
)
