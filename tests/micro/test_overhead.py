"""What the harness adds around each sample and around each draw of a quality study, beside the plainest loop for the same."""

import random
from time import perf_counter_ns

import numpy as np
import pytest
import torch

from benchmarks.harness.draws import Reducer
from benchmarks.harness.rounds import Step, paired_rounds
from estimators import DenseEstimate

pytestmark = pytest.mark.micro
ROUNDS, DRAWS = 1000, 500


class Nothing:
    """A side that does nothing."""

    def run(self, count):
        pass

    def restore(self):
        pass


def harness_rounds():
    sides = {"base": Nothing(), "estimator": Nothing()}

    def decide(rounds, spent):
        return Step.ENOUGH if len(rounds.samples["base"]) >= ROUNDS else Step.GO_ON

    return paired_rounds(sides, {"base": 1, "estimator": 1}, perf_counter_ns, decide, random.Random(0)).samples


def plain_rounds():
    base, estimator = Nothing(), Nothing()
    samples = {"base": [], "estimator": []}
    for _ in range(ROUNDS):
        for name, side in (("base", base), ("estimator", estimator)):
            start = perf_counter_ns()
            side.run(1)
            samples[name].append(perf_counter_ns() - start)
    return samples


@pytest.mark.parametrize("rounds", [harness_rounds, plain_rounds])
def test_a_thousand_empty_rounds(benchmark, rounds):
    benchmark.group = "1000 empty rounds"
    samples = benchmark(rounds)
    assert len(samples["base"]) == len(samples["estimator"]) == ROUNDS
    benchmark.extra_info["empty sample, ns"] = int(np.median(samples["base"]))


def reduced(gradient, estimates):
    reducer = Reducer(gradient)
    for estimate in estimates:
        reducer.add(estimate)
    return reducer.result().along.sum(1)


def looped(gradient, estimates):
    along = []
    mean = {name: torch.zeros_like(tensor, dtype=torch.float64) for name, tensor in gradient.items()}
    for estimate in estimates:
        products, squares, errors = 0.0, 0.0, 0.0
        for name, tensor in estimate.items():
            wide, exact = tensor.double(), gradient[name].double()
            products += float((wide * exact).sum())
            squares += float((wide**2).sum())
            errors += float(((wide - exact) ** 2).sum())
            mean[name] += wide
        along.append(products)
    return np.array(along)


@pytest.mark.parametrize("reduce", [reduced, looped])
@pytest.mark.parametrize("n", [64, 26_122])
def test_five_hundred_draws_of_four_layers(benchmark, reduce, n):
    benchmark.group = f"500 draws, n={n}"
    generator = torch.Generator().manual_seed(0)
    tensors = [torch.randn(n, generator=generator).split(-(-n // 4)) for _ in range(6)]
    gradient, *others = [{f"layer {i}": part for i, part in enumerate(parts)} for parts in tensors]
    estimates = [DenseEstimate(torch.zeros(()), others[i % 5]) for i in range(DRAWS)]
    along = benchmark(lambda: reduce(gradient, estimates))
    np.testing.assert_allclose(along, looped(gradient, estimates), rtol=1e-9, atol=1e-9)
