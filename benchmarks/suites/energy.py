"""The suite `energy`: joules per gradient, beside cost and quality, so that a report can say what a joule buys.

Two perceptrons: one of wide layers, which keeps a GPU busy, and one of many narrow ones, which mostly waits for the processor and
so measures idle power. Few estimators, since a cell takes two minutes: five windows of five seconds for each of base, estimate,
backprop and the idle device. Not in `full`, whose thousands of cells would take days of it.
"""

from benchmarks.records import ENERGY
from benchmarks.suites.effort import LIMIT_S, SWEEP_DRAWS
from benchmarks.suites.suite import Grid, Suite

BUDGET_S = 140.0
"""Five windows of five seconds for each of four sides, with what lies between them."""

_METHODS = (
    "backprop",
    "checkpointed-backprop",
    "forward-gradient",
    "forward-gradient[directions=rademacher,k=16]",
    "multi-tangent[directions=rademacher,k=16]",
    "spsa",
    "mezo",
)

ENERGY_SUITE = Suite(
    name="energy",
    summary="joules of a gradient, in all and above idle, by the counter of the GPU or the processor, with cost and quality",
    grids=(Grid(_METHODS, ("mlp[depth=2,width=1024]", "mlp[depth=5,width=256]")),),
    common=("backprop", "forward-gradient", "multi-tangent[directions=rademacher,k=16]", "spsa"),
    precision=0.03,
    budget=BUDGET_S,
    draws=SWEEP_DRAWS,
    timeout=LIMIT_S,
    measures=("contract", "cost", "quality", ENERGY),
)
