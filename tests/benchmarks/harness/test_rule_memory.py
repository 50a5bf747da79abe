"""Update rules apply lazy estimates tensor by tensor, and low-rank ones as factors, by the bytes that the ruler counts.

Eight layers of one size, as in `test_lazy_memory`: a vector of length n would be eight times what a step without memory may hold.
"""

from collections.abc import Callable

import pytest
import torch

from benchmarks.harness.allocations import Allocated, profiled, tracked
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.training import Stepper
from benchmarks.problems.problem import build_problem
from estimators.estimator import Estimate
from estimators.objective import Objective
from estimators.optim.registry import build
from estimators.optim.rule import Rule
from estimators.registry import ESTIMATORS

LAYER = 4 * 256 * 256
PASS = 4 * 16 * 256 * 2  # input and output of a layer, for rules that evaluate the loss
LITTLE = 8192  # norms, losses, biases, the weights of the last layer
FACTORS = 4 * 2 * 3 * (256 + 256)  # those of rank 2: drawn, scaled, side by side

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def objective() -> Objective:
    return build_problem("mlp[depth=8,width=256,batch=16,data=synthetic[features=256,classes=10]]").objective


@pytest.fixture(scope="module")
def vector(objective: Objective) -> int:
    return 4 * objective.coordinates()


def estimate_of(objective: Objective, spec: str) -> Estimate:
    estimator = ESTIMATORS.build(spec)
    estimate: Estimate = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))[0]
    return estimate


def step_of(objective: Objective, rule: str, estimator: str) -> tuple[Rule, Callable[[], object]]:
    """A rule, and one step of it from an estimate at hand; what the first step of a process caches is there already."""
    estimate = estimate_of(objective, estimator)
    build(rule, objective.parameters).step(estimate, objective=objective)
    made = build(rule, objective.parameters)
    return made, lambda: made.step(estimate, objective=objective)


CEILINGS = {
    "sgd[lr=1e-6]": LAYER + LITTLE,
    "fgd[lr=1e-6]": LAYER + LITTLE,
    "fromage[lr=1e-6]": LAYER + LITTLE,
    "lars[lr=1e-6,momentum=0.0]": LAYER + LITTLE,
    "keep-stepping[lr=1e-9]": LAYER + PASS + LITTLE,
    "keep-vaulting[lr=1e-9]": LAYER + PASS + LITTLE,
}


@pytest.mark.parametrize("rule", CEILINGS)
def test_a_lazy_estimate_is_applied_one_tensor_at_a_time_and_nothing_is_kept(rule: str, objective: Objective) -> None:
    _, step = step_of(objective, rule, "lazy-forward-gradient")
    for found in (profiled(step), tracked(step)):
        assert LAYER <= found.peak <= CEILINGS[rule]
        assert found.kept <= LITTLE


WHOLE_STEPS = {
    ("sgd[lr=1e-6]", "lazy-forward-gradient"): LAYER + 4 * PASS + LITTLE,
    ("fromage[lr=1e-6]", "mezo"): LAYER + PASS + LITTLE,
    ("lars[lr=1e-6,momentum=0.0]", "mezo[restore=subtract]"): LAYER + LITTLE,
    ("sgd[lr=1e-6]", "lozo[rank=2]"): FACTORS + PASS + LITTLE,
}


@pytest.mark.parametrize(("rule", "estimator"), WHOLE_STEPS)
def test_a_step_of_a_training_its_estimate_included_holds_no_more(rule: str, estimator: str, objective: Objective) -> None:
    gradient = Gradient(objective, ESTIMATORS.build(estimator), torch.Generator().manual_seed(1))
    stepper = Stepper(gradient, build(rule, objective.parameters))
    stepper.step()
    for found in (profiled(stepper.step), tracked(stepper.step)):
        assert found.peak <= WHOLE_STEPS[rule, estimator]
        assert found.kept <= LITTLE


@pytest.mark.parametrize("rule", ["sgd[lr=1e-6]", "fgd[lr=1e-6]", "fromage[lr=1e-6]", "lars[lr=1e-6,momentum=0.0]"])
def test_an_estimate_of_low_rank_is_applied_without_a_layer_of_its_own(rule: str, objective: Objective) -> None:
    _, step = step_of(objective, rule, "lozo[rank=2]")
    for found in (profiled(step), tracked(step)):
        assert found.peak <= FACTORS + LITTLE < LAYER / 5


def test_momentum_is_one_vector_and_adam_two(objective: Objective, vector: int) -> None:
    kept = {"sgd[lr=1e-6,momentum=0.9]": 1, "fromage[lr=1e-6,momentum=0.9]": 1, "lars[lr=1e-6]": 1, "adam[lr=1e-6]": 2}
    for rule, vectors in kept.items():
        _, step = step_of(objective, rule, "lazy-forward-gradient")
        found: Allocated = profiled(step)
        assert vectors * vector <= found.kept <= vectors * vector + LITTLE
        assert found.peak <= found.kept + 3 * LAYER + LITTLE  # the estimate's tensor, and Adam's root before and after its scale
