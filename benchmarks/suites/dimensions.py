"""The suite `dimensions`: cost, memory and quality as the number of parameters grows from 1 to 17 million.

Two closed-form functions at every power of two up to 2^14, and perceptrons of two hidden layers whose width doubles. The
functions do almost nothing per coordinate, so that what is seen there is drawing, overhead and combining; the perceptrons show
the price beside real work. Sixteen tangents of the widest would be 1.1 GB and minutes for an interval: they end at width 1024.
"""

from benchmarks.suites.effort import LIMIT_S, LONGEST_S, SWEEP_DRAWS, SWEEP_PRECISION
from benchmarks.suites.suite import Grid, Suite

SIZES = tuple(2**power for power in range(15))
WIDTHS = (64, 128, 256, 512, 1024, 2048, 4096)

_EXACT = ("backprop", "checkpointed-backprop")

_CHEAP = ("forward-gradient", "forward-gradient[directions=rademacher]", "multi-tangent[k=4]", "spsa")

_DEAR = ("forward-gradient[k=16]", "multi-tangent[k=16]")

DIMENSIONS = Suite(
    name="dimensions",
    summary="n = 1 ... 16384 on closed-form functions, widths 64 ... 4096 on the MLP: cost, memory and quality against n",
    grids=(
        Grid(("backprop", *_CHEAP, *_DEAR), tuple(f"sphere[n={n}]" for n in SIZES)),
        Grid(("forward-mode",), tuple(f"sphere[n={n}]" for n in SIZES if n <= 64)),
        Grid(("backprop", *_CHEAP), tuple(f"rosenbrock[n={n}]" for n in SIZES if n >= 2)),
        Grid((*_EXACT, *_CHEAP), tuple(f"mlp[width={width}]" for width in WIDTHS)),
        Grid(_DEAR, tuple(f"mlp[width={width}]" for width in WIDTHS if width <= 1024)),
    ),
    common=(*_EXACT, *_CHEAP, *_DEAR),
    precision=SWEEP_PRECISION,
    budget=LONGEST_S,
    draws=SWEEP_DRAWS,
    timeout=LIMIT_S,
)
