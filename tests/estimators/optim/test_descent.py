"""Gradient descent is torch's SGD, and follows what is known of it on a regression."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from estimators.objective import FunctionObjective
from estimators.optim.descent import GradientDescent


@settings(deadline=None, max_examples=25)
@given(lr=some.floats(0, 2), momentum=some.floats(0, 0.99), nesterov=some.booleans(), seed=some.integers(0, 99))
def test_it_is_torchs_sgd(lr: float, momentum: float, nesterov: bool, seed: int) -> None:
    nesterov = nesterov and momentum > 0  # torch has none without momentum, where looking ahead is looking at the same place
    generator = torch.Generator().manual_seed(seed)
    mine, theirs = (torch.ones((2, 3), dtype=torch.float64, requires_grad=True) for _ in range(2))
    rules = GradientDescent([mine], lr, momentum, nesterov), torch.optim.SGD([theirs], lr, momentum, nesterov=nesterov)
    for _ in range(5):
        mine.grad = theirs.grad = torch.randn((2, 3), generator=generator, dtype=torch.float64)
        for rule in rules:
            rule.step()
    torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)


def test_without_momentum_nothing_is_remembered_and_looking_ahead_changes_nothing() -> None:
    point = torch.ones(2, requires_grad=True)
    rule = GradientDescent([point], lr=0.5, nesterov=True)
    point.grad = torch.ones(2)
    rule.step()
    assert point.tolist() == [0.5, 0.5]
    assert not rule.state[point]


@pytest.mark.parametrize(
    "spec", ["lozo[rank=1]", "mezo[directions=low-rank[rank=2]]", "lazy-forward-gradient[directions=low-rank]", "subzero"]
)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_estimates_of_low_rank_move_the_parameters_as_their_tensors_do(
    spec: str, momentum: float, perceptron: Any, estimated: Any, given: Any
) -> None:
    factored, formed = perceptron(7, 8, 6), perceptron(7, 8, 6)
    rules = [GradientDescent(each.parameters.items(), 0.1, momentum) for each in (factored, formed)]
    for seed in range(3):
        estimate = estimated(factored, spec, seed=seed)
        tensors = estimate.gradient
        rules[0].step(estimate)
        rules[1].step(given(**tensors))
    for name, parameter in factored.parameters.items():
        torch.testing.assert_close(parameter, formed.parameters[name])


def test_descent_on_a_regression_shrinks_the_error_by_the_eigenvalues_of_its_hessian(estimated: Any) -> None:
    """With H near 2I and rate 0.02 the loss follows (1 - 0.04)^2t: with 1e5 rows H/2 strays from I by 2 (11/1e5)^½ = 0.02."""
    generator = torch.Generator().manual_seed(1)
    features = torch.randn((100_000, 11), generator=generator, dtype=torch.float64)
    features[:, 10] = 1
    wanted = 25**0.5 * torch.randn(11, generator=generator, dtype=torch.float64)
    start = torch.randn(11, generator=generator, dtype=torch.float64)
    targets = features @ wanted
    objective = FunctionObjective(lambda w: (features @ w - targets).square().mean(), start)
    rule, distance = GradientDescent(objective.parameters.items(), lr=0.02), (start.detach() - wanted).square().sum().item()
    losses = [rule.step(estimated(objective)).item() for _ in range(100)]
    for t in (0, 10, 50, 99):
        assert losses[t] == pytest.approx(distance * 0.96 ** (2 * t), rel=0.02 + 2 * t * 0.04 * 0.02)
