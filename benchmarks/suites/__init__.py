"""The named grids: which estimators meet which problems. A suite is data, one file each; nothing here runs anything."""

from benchmarks.suites.custom import CUSTOM
from benchmarks.suites.depth import DEPTH
from benchmarks.suites.dimensions import DIMENSIONS
from benchmarks.suites.energy import ENERGY_SUITE
from benchmarks.suites.estimators import METHODS
from benchmarks.suites.full import union_of
from benchmarks.suites.quick import QUICK
from benchmarks.suites.stability import STABILITY
from benchmarks.suites.step import STEP_SUITE
from benchmarks.suites.suite import Grid, Suite, Trained
from benchmarks.suites.tangents import TANGENT_COUNTS
from benchmarks.suites.training import TRAINING_SUITE
from benchmarks.suites.versions import VERSIONS

_NAMED = (QUICK, DIMENSIONS, DEPTH, TANGENT_COUNTS, METHODS, STEP_SUITE, TRAINING_SUITE, STABILITY)

SUITES: dict[str, Suite] = {suite.name: suite for suite in (*_NAMED, union_of(_NAMED), ENERGY_SUITE, VERSIONS, CUSTOM)}
"""Every suite by its name."""

__all__ = ["SUITES", "Grid", "Suite", "Trained"]
