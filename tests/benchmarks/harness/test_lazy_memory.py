"""Estimators that draw lazily hold one layer's tangent and no vector of length n, by the bytes that the ruler counts.

Eight layers of one size: a vector of length n would be eight times the ceiling.
"""

import pytest
import torch

from benchmarks.harness.allocations import tracked
from benchmarks.harness.memory import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem, build_problem
from estimators.registry import ESTIMATORS

LAYER = 4 * 256 * 256
PASS = 4 * 16 * 256 * 2  # input and output of a layer, which are the base's own peak
LITTLE = 4096  # losses, derivatives, biases of the layer and of the classes
SIGNS = LAYER // 8 + LAYER // 32  # indices of the table and the random bits while signs are spread
TABLES = 2048  # counters for short streams, which the process keeps for its next estimates

pytestmark = pytest.mark.usefixtures("one_thread")


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
    "lazy-forward-gradient[directions=rademacher]": LAYER + 4 * PASS + LITTLE,
}


@pytest.mark.parametrize("spec", CEILINGS)
def test_one_layers_tangent_is_held_and_nothing_is_kept(spec: str, problem: Problem) -> None:
    measured = measure(problem, ESTIMATORS.build(spec), Settings())
    found = {metric.metric: metric.value for metric in measured.metrics}
    assert found["base_peak_bytes"] == PASS
    assert LAYER <= found["peak_bytes"] <= CEILINGS[spec]
    assert found["kept_bytes"] == 0
    assert measured.facts["tracker_agrees"]


@pytest.mark.parametrize("directions", ["gaussian", "rademacher"])
@pytest.mark.parametrize("name", ["mezo", "lazy-forward-gradient"])
def test_a_materialised_estimate_is_one_vector_and_a_twentieth(name: str, directions: str) -> None:
    objective = build_problem("mlp[depth=2,width=1024,batch=64,data=synthetic[features=784,classes=10]]").objective
    estimator, generator = ESTIMATORS.build(f"{name}[directions={directions}]"), torch.Generator().manual_seed(1)
    state = estimator.init(objective)
    held = tracked(lambda: estimator.estimate(objective, state, generator=generator)[0].gradient)
    vector = 4 * objective.coordinates()
    assert vector <= held.kept <= vector + TABLES
    assert held.peak <= 1.05 * vector
