"""What counting bytes costs: one backprop of a perceptron plain, under the allocator's profile, and under the dispatch mode."""

import pytest
import torch

from benchmarks.harness.allocations import profiled, tracked
from benchmarks.harness.gradient import Gradient
from benchmarks.problems.problem import build_problem
from estimators.registry import ESTIMATORS

pytestmark = pytest.mark.micro
COUNTERS = {"plain": lambda work: work(), "allocator events": profiled, "dispatch mode": tracked}


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("spec", ["backprop", "multi-tangent[k=16]"])
def test_counting_bytes(benchmark, counter, spec):
    benchmark.group = f"tracker around {spec}"
    problem = build_problem("mlp[depth=5,width=256,data=synthetic]")
    gradient = Gradient(problem.objective, ESTIMATORS.build(spec), torch.Generator().manual_seed(0))
    found = benchmark(lambda: COUNTERS[counter](lambda: gradient.run(1)))
    assert counter == "plain" or found.peak > 4 * problem.objective.coordinates()
