"""Operations of a perceptron are declared to the last digit; what a model is refused for is named."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from benchmarks.harness.flops import operations
from estimators.approximate.backward import share_of
from estimators.approximate.randomised import RandomisedVjp
from estimators.approximate.sampled import SampledProducts
from estimators.approximate.sketched import SketchedProducts
from estimators.estimator import Estimator
from estimators.objective import ModuleObjective
from tests.estimators.approximate.problems import vector

pytestmark = pytest.mark.usefixtures("one_thread")

METHODS = [
    *(SampledProducts(0.25, sampling) for sampling in ("uniform", "norm", "winners")),
    *(SketchedProducts(0.25, sketch) for sketch in ("rademacher", "gaussian")),
    *(RandomisedVjp(0.25, sampling) for sampling in ("uniform", "norm")),
    SampledProducts(1.0),
    SketchedProducts(1.0),
    RandomisedVjp(1.0),
]


def shapes(objective: ModuleObjective) -> dict[str, tuple[int, ...]]:
    return {name: tuple(parameter.shape) for name, parameter in objective.parameters.items()}


@pytest.mark.parametrize("estimator", METHODS, ids=str)
def test_a_perceptron_takes_the_operations_declared(estimator: Estimator) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 20), nn.Tanh(), nn.Linear(20, 6))
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(10, 12), torch.randn(10, 6)))
    with torch.no_grad():
        base = operations(objective.loss)
    declared = estimator.declaration(shapes(objective), 10).forward_multiple
    assert operations(lambda: vector(estimator, objective)) / base == pytest.approx(declared, rel=1e-12)


@pytest.mark.parametrize("estimator", METHODS, ids=str)
def test_no_operations_are_declared_for_convolutions_and_functions(estimator: Estimator) -> None:
    assert estimator.declaration({"kernel": (4, 2, 3, 3), "weight": (10, 4)}, 8).forward_multiple is None
    assert estimator.declaration({"x": (7,)}, None).forward_multiple is None


@pytest.mark.parametrize(
    ("keep", "whole", "count"),
    [(0.25, 64, 16), (0.25, 3, 1), (0.29, 100, 29), (0.99, 4, 3), (1.0, 7, 7), (0.5, 1, 1), (0.5, 0, 0)],
)
def test_a_share_is_rounded_down_to_one_at_least(keep: float, whole: int, count: int) -> None:
    assert share_of(keep, whole) == count
