"""The suite `custom`: the estimators and problems that the user names, and backprop to compare with."""

from benchmarks.suites.suite import Grid, Suite

CUSTOM = Suite(
    name="custom",
    summary="nothing but backprop and what -e and -p name",
    grids=(Grid(("backprop",), ("mlp",)),),
    common=("backprop",),
)
