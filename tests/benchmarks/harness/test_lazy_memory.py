"""Estimators that draw lazily hold one layer's tangent and no vector of length n, by the bytes that the ruler counts.

Eight layers of one size: a vector of length n would be eight times the ceiling.
"""

import pytest

from benchmarks.harness.allocations import Allocated, profiled
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.memory import CALLS, measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem, build_problem
from estimators.registry import ESTIMATORS

LAYER = 4 * 256 * 256
PASS = 4 * 16 * 256 * 2  # input and output of a layer, which are the base's own peak
LITTLE = 4096 + LAYER // 64  # losses, derivatives, the layer's biases, and small blocks that are drawn together


def spreading(signs: int) -> int:
    """Bytes while signs are spread: random bits, and of at most 2^14 octets of them an index and eight signs in bytes."""
    return signs // 8 + min(signs // 8, 1 << 14) * (4 + 8)


SIGNS = spreading(256 * 256)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def perceptron() -> Problem:
    return build_problem("mlp[depth=2,width=1024,batch=64,data=synthetic[features=784,classes=10]]")


@pytest.fixture(scope="module")
def problem() -> Problem:
    return build_problem("mlp[depth=8,width=256,batch=16,data=synthetic[features=256,classes=10]]")


CEILINGS = {
    "mezo": LAYER + PASS + LITTLE,
    "mezo[k=3]": LAYER + PASS + LITTLE + LAYER,  # the sum while another is added to it
    "mezo[directions=rademacher]": LAYER + SIGNS + PASS + LITTLE,
    "mezo[restore=subtract]": LAYER + LITTLE,
    "mezo[directions=rademacher,restore=subtract]": LAYER + SIGNS + LITTLE,
    "lazy-forward-gradient": LAYER + 4 * PASS + LITTLE,
    "lazy-forward-gradient[directions=rademacher]": LAYER + max(4 * PASS, SIGNS + PASS) + LITTLE,
}


@pytest.mark.parametrize("spec", CEILINGS)
def test_one_layers_tangent_is_held_and_nothing_is_kept(spec: str, problem: Problem) -> None:
    measured = measure(problem, ESTIMATORS.build(spec), Settings())
    found = {metric.metric: metric.value for metric in measured.metrics}
    assert found["base_peak_bytes"] == PASS
    assert LAYER <= found["peak_bytes"] <= CEILINGS[spec]
    assert found["kept_bytes"] == 0
    assert measured.facts["tracker_agrees"]


class Materialised(Gradient):
    """Estimates of which all tensors exist at once."""

    def run(self, count: int) -> None:
        for _ in range(count):
            self.gradient = None  # that of the last call
            self.gradient = self.draw().gradient


def held(problem: Problem, spec: str, kind: type[Gradient]) -> Allocated:
    """What `init` and two calls hold, as in a record: by the allocator's events, after the same once outside."""
    estimator = ESTIMATORS.build(spec)

    def gradients() -> Gradient:
        gradient = kind(problem.objective, estimator, generator_for(0, "memory", problem.device))
        gradient.run(CALLS)
        return gradient

    gradients()
    return profiled(gradients)


@pytest.mark.parametrize("directions", ["gaussian", "rademacher"])
@pytest.mark.parametrize("name", ["mezo", "lazy-forward-gradient"])
def test_a_materialised_estimate_is_one_vector_and_a_twentieth(name: str, directions: str, perceptron: Problem) -> None:
    found = held(perceptron, f"{name}[directions={directions}]", Materialised)
    vector = 4 * perceptron.objective.coordinates()
    assert vector <= found.kept <= vector + LITTLE
    assert found.peak <= 1.05 * vector


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("directions", ["gaussian", "rademacher"])
def test_several_tangents_take_another_layer_while_they_are_added_up_however_many_they_are(
    directions: str, k: int, perceptron: Problem
) -> None:
    """Of the largest layer: 1.13 and 1.17 vectors in place, 1.56 and 1.61 materialised."""
    vector, layer = 4 * perceptron.objective.coordinates(), 4 * 1024 * 1024
    rest = (spreading(1024 * 1024) if directions == "rademacher" else 0) + layer // 64 + 2 * LITTLE  # a bias has 4 KiB here
    spec = f"lazy-forward-gradient[k={k},directions={directions}]"
    assert 2 * layer <= held(perceptron, spec, Gradient).peak <= 2 * layer + rest
    assert 1.5 * vector <= held(perceptron, spec, Materialised).peak <= vector + layer + rest
