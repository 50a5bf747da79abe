"""The suite `depth`: cost, memory and quality as a perceptron grows from 1 to 100 hidden layers.

At width 256 to 100 layers (6.5 million parameters), at width 1024 to 50 (52 million). What holds activations (backprop) grows
with depth; what holds several tangents grows k times as fast as the parameters, and is measured as far as it is affordable.
"""

from benchmarks.suites.effort import LIMIT_S, LONGEST_S, SWEEP_DRAWS, SWEEP_PRECISION
from benchmarks.suites.suite import Grid, Suite

DEPTHS = {256: (1, 2, 5, 10, 20, 50, 100), 1024: (1, 2, 5, 10, 20, 50)}
"""Width -> numbers of hidden layers."""

_EXACT = ("backprop", "checkpointed-backprop")

_ONE_TANGENT = ("forward-gradient", "forward-gradient[directions=rademacher]", "spsa")


def _mlps(width: int, deepest: int = 100) -> tuple[str, ...]:
    return tuple(f"mlp[depth={depth},width={width}]" for depth in DEPTHS[width] if depth <= deepest)


DEPTH = Suite(
    name="depth",
    summary="1 ... 100 hidden layers of width 256, 1 ... 50 of width 1024: cost, memory and quality against depth",
    grids=(
        Grid((*_EXACT, *_ONE_TANGENT), (*_mlps(256), *_mlps(1024))),
        Grid(("multi-tangent[k=4]",), (*_mlps(256), *_mlps(1024, deepest=10))),
        Grid(("forward-gradient[k=16]", "multi-tangent[k=16]"), _mlps(256, deepest=10)),
    ),
    common=(*_EXACT, *_ONE_TANGENT, "multi-tangent[k=4]"),
    precision=SWEEP_PRECISION,
    budget=LONGEST_S,
    draws=SWEEP_DRAWS,
    timeout=LIMIT_S,
)
