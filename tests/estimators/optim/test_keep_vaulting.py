"""KeepVaulting finds the minimum along a ray: exactly on quadratics, safely elsewhere."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some

from estimators.objective import FunctionObjective
from estimators.optim.keep_vaulting import Trial, proposal
from estimators.optim.registry import build

Quadratic = Callable[[list[float], list[float]], FunctionObjective]


@pytest.mark.parametrize("lr", [1e-3, 0.1, 0.5, 3.0, 100.0])
def test_one_gradient_and_two_forward_passes_reach_the_minimum_of_a_parabola(
    lr: float, quadratic: Quadratic, estimated: Any
) -> None:
    objective = quadratic([2.0], [5.0])
    rule = build(f"keep-vaulting[lr={lr}]", objective.parameters)
    rule.step(estimated(objective), objective=objective)
    assert objective.parameters["x"].item() == pytest.approx(0.0, abs=1e-8)
    assert rule.work.forwards == 2 - (lr == 0.5)  # the first trial is the minimum already


def test_on_a_quadratic_it_is_steepest_descent_with_the_exact_step(quadratic: Quadratic, estimated: Any) -> None:
    eigenvalues, start = [1.0, 3.0, 10.0], [4.0, 4.0, 4.0]
    objective = quadratic(eigenvalues, start)
    slope = estimated(objective).gradient["x"]
    exact = (slope @ slope) / (slope @ (torch.tensor(eigenvalues, dtype=torch.float64) * slope))
    expected = torch.tensor(start, dtype=torch.float64) - exact * slope
    build("keep-vaulting[lr=0.001]", objective.parameters).step(estimated(objective), objective=objective)
    torch.testing.assert_close(objective.parameters["x"].detach(), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("spec", ["forward-gradient", "lazy-forward-gradient[k=2]", "spsa", "multi-tangent[k=2]"])
def test_estimates_that_are_no_gradients_get_their_exact_step_from_losses_alone(
    spec: str, quadratic: Quadratic, estimated: Any
) -> None:
    eigenvalues, start = [1.0, 3.0, 10.0], [4.0, 4.0, 4.0]
    objective = quadratic(eigenvalues, start)
    slope, along = estimated(objective).gradient["x"], estimated(objective, spec).gradient["x"]
    exact = (slope @ along) / (along @ (torch.tensor(eigenvalues, dtype=torch.float64) * along))
    expected = torch.tensor(start, dtype=torch.float64) - exact * along
    rule = build("keep-vaulting[lr=0.001]", objective.parameters)
    rule.step(estimated(objective, spec), objective=objective)
    torch.testing.assert_close(objective.parameters["x"].detach(), expected, rtol=1e-5, atol=1e-5)
    assert rule.work.forwards <= 4


@pytest.mark.parametrize("spec", ["backprop", "lazy-forward-gradient", "spsa"])
@pytest.mark.parametrize("lr", [1e-6, 0.1, 1e6])
def test_the_loss_never_rises_whatever_the_estimate_and_the_rate(spec: str, lr: float, perceptron: Any, estimated: Any) -> None:
    objective = perceptron(3, 4, 2)
    rule = build(f"keep-vaulting[lr={lr}]", objective.parameters)
    for seed in range(3):
        before = objective.loss().item()
        rule.step(estimated(objective, spec, seed=seed), objective=objective)
        assert objective.loss().item() <= before * (1 + 1e-8)


def test_trials_are_counted_and_end_with_max_steps(estimated: Any) -> None:
    objective = FunctionObjective(lambda x: -(x**2).sum(), torch.ones(1, dtype=torch.float64))  # falls without end
    rule = build("keep-vaulting[lr=1.0,max_steps=3]", objective.parameters)
    rule.step(estimated(objective), objective=objective)
    assert rule.work.forwards == 4
    assert objective.parameters["x"].item() == pytest.approx(1 + 2 * 8)  # trials at 1, 2, 4 and 8 along a gradient of -2


def test_it_comes_back_from_where_the_loss_is_no_number(estimated: Any) -> None:
    objective = FunctionObjective(lambda x: (x - torch.log(x)).sum(), torch.tensor([2.0], dtype=torch.float64))
    rule = build("keep-vaulting[lr=5.0]", objective.parameters)  # the gradient is 1/2: 2 - 2.5 is no place for a logarithm
    rule.step(estimated(objective), objective=objective)
    assert objective.parameters["x"].item() == pytest.approx(1.0, abs=0.1)


def test_where_there_is_nothing_to_descend_along_it_ends_at_once(quadratic: Quadratic, estimated: Any) -> None:
    objective = quadratic([1.0], [0.0])
    rule = build("keep-vaulting", objective.parameters)
    rule.step(estimated(objective), objective=objective)
    assert objective.parameters["x"].item() == 0
    assert rule.work.forwards <= 3


@settings(deadline=None, max_examples=100)
@cases(
    curvature=some.floats(0.1, 10),
    minimum=some.floats(0.1, 10),
    times=some.lists(some.floats(0.1, 20), min_size=2, max_size=5, unique_by=lambda t: round(t, 1)),
)
def test_parabolas_through_any_trials_have_the_same_minimum(curvature: float, minimum: float, times: list[float]) -> None:
    def loss(t: float) -> float:
        return curvature * (t - minimum) ** 2 / 2

    start, slope = Trial(0.0, loss(0.0)), -curvature * minimum
    trials = [Trial(t, loss(t)) for t in times]
    for known in ([start, trials[0]], [start, *trials]):
        assert proposal(known, slope) == pytest.approx(minimum, rel=1e-6)


@pytest.mark.parametrize(
    ("trials", "expected"),
    [
        ([(0, 0), (1, -2)], 2.0),  # falls faster than its slope of -1: no minimum, twice as far
        ([(0, 0), (1, math.inf)], 0.5),  # no number: half as far
        ([(0, 0), (1, math.nan)], 0.5),
        ([(0, 0), (1, -1), (2, -3)], 4.0),  # concave: twice the best
        ([(0, 0), (1, 2), (2, 3)], 0.5),  # concave and worse all over: half of the nearest
    ],
)
def test_without_a_parabola_that_has_a_minimum_the_next_trial_is_twice_or_half_as_far(
    trials: list[tuple[float, float]], expected: float
) -> None:
    assert proposal([Trial(*trial) for trial in trials], -1.0) == expected
