"""Profiles of one thread: two on a busy machine wait for each other at every small operation."""

from pathlib import Path

import pytest

from benchmarks.profiling.trace import Trace, read_trace

RECORDED = Path(__file__).with_name("recorded.json.gz")
"""Two gradients of forward-gradient[k=2] on logistic-regression and two evaluations, as torch 2.13 wrote them on a CPU."""


@pytest.fixture(autouse=True)
def _always(one_thread: None) -> None:
    """Every test here runs on one thread."""


@pytest.fixture(scope="session")
def recorded() -> Trace:
    """A trace that torch wrote."""
    return read_trace(RECORDED)
