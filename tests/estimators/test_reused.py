"""Reused gradients are gradients of earlier points: of τ calls ago, or of the call since which the loss has been falling."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.allocations import tracked
from benchmarks.harness.flops import operations
from estimators.estimator import Estimator
from estimators.exact import Backprop
from estimators.objective import FunctionObjective, ModuleObjective, Objective
from estimators.reused import KeptGradient, StaleGradient

GENERATOR = torch.Generator()


def walk(estimator: Estimator, points: list[float]) -> list[float]:
    """Estimates of the derivative of x² as x goes through these points."""
    point = torch.zeros(1)
    objective, found = FunctionObjective(lambda x: (x**2).sum(), point), []
    state = estimator.init(objective)
    for value in points:
        point.fill_(value)
        estimate, state = estimator.estimate(objective, state, generator=GENERATOR)
        assert estimate.loss == value**2
        found.append(estimate.gradient["x"].item())
    return found


@pytest.mark.parametrize("tau", [0, 1, 3, 9])
def test_a_stale_gradient_is_that_of_tau_calls_ago_or_of_the_first(tau: int) -> None:
    points = [3.0, -1.0, 2.0, 5.0, 4.0, -2.0]
    assert walk(StaleGradient(tau), points) == [2 * points[max(0, t - tau)] for t in range(6)]


def test_a_gradient_is_kept_while_the_loss_falls() -> None:
    assert walk(KeptGradient(), [5.0, 4.0, -3.0, 3.5, 2.0, 2.0, 1.0]) == [10.0, 10.0, 10.0, 7.0, 7.0, 4.0, 4.0]


def test_a_gradient_serves_so_many_more_calls_at_most() -> None:
    falling = [float(value) for value in range(9, 0, -1)]
    assert walk(KeptGradient(steps=2), falling) == [18.0, 18.0, 18.0, 12.0, 12.0, 12.0, 6.0, 6.0, 6.0]
    assert walk(KeptGradient(steps=None), falling) == [18.0] * 9
    assert walk(KeptGradient(steps=0), falling) == [2 * value for value in falling]


def test_a_loss_that_is_no_number_does_not_fall() -> None:
    point = torch.ones(1)
    objective, state = FunctionObjective(lambda x: x.sum().log(), point), None
    for value, expected in ((2.0, 0.5), (-1.0, -1.0), (0.5, 2.0)):
        point.fill_(value)
        estimate, state = KeptGradient().estimate(objective, state, generator=GENERATOR)
        assert estimate.gradient["x"].item() == expected


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    return ModuleObjective(module, functional.mse_loss, (torch.randn(16, 8), torch.zeros(16, 8)))


def vector(estimator: Estimator, objective: Objective) -> Tensor:
    estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=GENERATOR)
    return torch.cat([tensor.flatten() for _, tensor in estimate.items()])


@pytest.mark.parametrize("estimator", [StaleGradient(0), StaleGradient(4), KeptGradient()], ids=str)
def test_the_first_estimate_is_backprop_bit_by_bit(estimator: Estimator) -> None:
    assert torch.equal(vector(estimator, perceptron()), vector(Backprop(), perceptron()))


def test_no_staleness_and_no_kept_step_are_declared_as_backprop() -> None:
    shapes = {"x": (3,)}
    assert StaleGradient(0).declaration(shapes, 8) == Backprop().declaration(shapes, 8)
    assert KeptGradient(0).declaration(shapes, 8) == Backprop().declaration(shapes, 8)
    assert not StaleGradient().declaration(shapes, 8).unbiased
    assert not KeptGradient().declaration(shapes, 8).exact


@pytest.mark.parametrize("estimator", [StaleGradient(2), KeptGradient()], ids=str)
def test_gradients_kept_between_calls_are_declared_and_that_they_do_not_follow_another_loss(estimator: Estimator) -> None:
    declared = estimator.declaration({"x": (3,)}, 8)
    assert (declared.memory, declared.homogeneous, declared.linear) == ("history", False, False)


def test_a_kept_gradient_costs_a_forward_pass() -> None:
    objective = perceptron()
    with torch.no_grad():
        base = operations(objective.loss)
    estimator = KeptGradient()
    estimate, state = estimator.estimate(objective, None, generator=GENERATOR)
    with torch.no_grad():
        for name, gradient in estimate.items():
            objective.parameters[name] -= 0.01 * gradient
    assert operations(lambda: estimator.estimate(objective, state, generator=GENERATOR)) == base


@pytest.mark.parametrize("tau", [0, 1, 5])
def test_as_many_gradients_are_kept_between_calls_as_declared(tau: int) -> None:
    objective = perceptron()

    def called() -> object:
        estimator = StaleGradient(tau)
        state = estimator.init(objective)
        for _ in range(8):
            state = estimator.estimate(objective, state, generator=GENERATOR)[1]
        return state

    assert tracked(called).kept == tau * 4 * objective.coordinates()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StaleGradient(-1), "tau must be 0 or more, got -1"),
        (lambda: KeptGradient(-2), "steps must be 0 or more, or none, got -2"),
    ],
)
def test_bounds_are_checked(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
