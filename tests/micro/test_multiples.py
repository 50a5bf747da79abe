"""Multiples that are known, as the harness measures them: an estimator that calls the base m times costs m. They are printed."""

import sys
from pathlib import Path

import pytest
import torch

from benchmarks.harness.multiple import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem
from estimators import FunctionObjective
from estimators.registry import ESTIMATORS

pytestmark = pytest.mark.micro
KNOWN = Path(__file__).parent.parent / "known_cost.py"


def one_millisecond():
    """Two products of 260 x 260 matrices: about 1 ms on a core of 80 GFLOP/s, and called at no other cost."""
    matrix = torch.randn(260, 260, generator=torch.Generator().manual_seed(0)) / 20
    point = torch.ones(260, requires_grad=True)

    def function(x):
        return (torch.tanh(torch.tanh(matrix @ matrix) @ matrix) @ x).sum()

    objective = FunctionObjective(function, point)
    return Problem("1 ms", objective, lambda: function(point), tuple, torch.device("cpu"), torch.float32, "", 0)


def measured(benchmark, problem, spec, precision):
    settings = Settings(precision=precision, budget_s=20)
    measurement = benchmark.pedantic(lambda: measure(problem, ESTIMATORS.build(spec), settings), rounds=1, iterations=1)
    (multiple,) = [metric for metric in measurement.metrics if metric.metric == "multiple"]
    (base,) = [metric for metric in measurement.metrics if metric.metric == "base_time"]
    benchmark.extra_info |= {
        "multiple": round(multiple.value, 5),
        "interval": [round(multiple.low, 5), round(multiple.high, 5)],
        "base_ms": round(base.value / 1e6, 3),
        "rounds": multiple.count,
    }
    return multiple


@pytest.mark.parametrize("m", [0, 1, 2, 5])
def test_an_estimator_that_calls_the_base_m_times(benchmark, capsys, m):
    benchmark.group = "known multiples"
    multiple = measured(benchmark, one_millisecond(), f'"{KNOWN}:CallsBase"[m={m}]', 0.003)
    with capsys.disabled():
        sys.stdout.write(f"\nm = {m}: {multiple.value:.4f} [{multiple.low:.4f}, {multiple.high:.4f}]\n")
    assert multiple.low <= multiple.value <= multiple.high
