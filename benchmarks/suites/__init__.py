"""The named grids: which estimators meet which problems. A suite is data, one file each; nothing here runs anything."""

from benchmarks.suites.custom import CUSTOM
from benchmarks.suites.quick import QUICK
from benchmarks.suites.suite import Grid, Suite

SUITES: dict[str, Suite] = {suite.name: suite for suite in (QUICK, CUSTOM)}
"""Every suite by its name."""

__all__ = ["SUITES", "Grid", "Suite"]
