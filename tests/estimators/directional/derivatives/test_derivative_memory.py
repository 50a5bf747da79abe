"""Taking derivatives holds activations and no vector of length n, whichever way; differences hold one, whatever k is."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.allocations import profiled
from benchmarks.problems.problem import build_problem
from estimators.directional.derivatives import Derivative
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.dual import take_one
from estimators.directional.derivatives.forward_difference import ForwardDifference
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.one_measurement import OneMeasurement
from estimators.directional.derivatives.vectorised import take_several
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.space import Tangents, Weights
from estimators.directional.streams import Keyed
from estimators.objective import FunctionObjective, ModuleObjective, Objective

DIFFERENCES = [CentralDifference, ForwardDifference, OneMeasurement]

pytestmark = pytest.mark.usefixtures("one_thread")


class Branching(nn.Module):
    """Asks for a number, which many tangents in one pass do not have."""

    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else x.relu()


ACTIVATIONS = {
    "one pass by our own rules": nn.ReLU,
    "dual tensors, or one vectorised pass": nn.Softplus,
    "dual tensors, one after another": Branching,
}


def perceptron(activation: type[nn.Module]) -> ModuleObjective:
    torch.manual_seed(0)
    layers = nn.Linear(512, 512), activation(), nn.Linear(512, 512), activation(), nn.Linear(512, 10)
    return ModuleObjective(nn.Sequential(*layers), functional.cross_entropy, (torch.randn(4, 512), torch.arange(4)))


def held(derivative: Derivative, problem: Objective, tangents: Tangents) -> int:
    """The most bytes that taking derivatives holds beside the tangents, when it is known how to take them."""
    derivative.take(Weights(), problem, tangents)
    return profiled(lambda: derivative.take(Weights(), problem, tangents)).peak


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("way", ACTIVATIONS)
def test_no_tangent_is_copied(way: str, k: int) -> None:
    problem = perceptron(ACTIVATIONS[way])
    tangents = Gaussian().draw(Weights().layout(problem), range(k), Keyed(1))
    with torch.no_grad():
        base = profiled(problem.loss).peak
    assert 60 * base < 4 * 512 * 512  # so that any layer's tangent would be seen
    assert base < held(Jvp(), problem, tangents) <= (1 + 3 * k) * base + 1024


@pytest.mark.parametrize(("k", "by_torch"), [(1, take_one), (4, take_several)])
@pytest.mark.parametrize("spec", ["cnn", "cnn4[channels=32,width=256]"])
def test_our_rules_for_convolutions_hold_no_more_than_torchs_forward_mode(
    spec: str, k: int, by_torch: Callable[..., Any]
) -> None:
    problem = build_problem(spec).objective
    tangents = Gaussian().draw(Weights().layout(problem), range(k), Keyed(1))
    with torch.no_grad():
        by_torch(Weights(), problem, tangents)
        expected = profiled(lambda: by_torch(Weights(), problem, tangents)).peak
    assert held(Jvp(), problem, tangents) <= 1.01 * expected


@pytest.mark.parametrize("derivative", DIFFERENCES)
def test_differences_take_one_vector_whatever_the_number_of_tangents(derivative: type[Derivative]) -> None:
    problem = FunctionObjective(lambda x: x.sum(), torch.zeros(100_000))
    assert 400_000 <= held(derivative(), problem, {"x": torch.ones(5, 100_000)}) < 401_000


@pytest.mark.parametrize("derivative", DIFFERENCES)
def test_a_loss_that_is_a_view_of_the_point_is_not_overwritten_by_the_next(derivative: type[Derivative]) -> None:
    problem = FunctionObjective(lambda x: x[0], torch.zeros(2, dtype=torch.float64))
    tangents = torch.tensor([[1.0, 0.0], [-2.0, 5.0], [3.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(derivative().take(Weights(), problem, {"x": tangents}).values, tangents[:, 0])
