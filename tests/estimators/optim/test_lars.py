"""LARS scales every tensor's step by trust ‖W‖/(‖g‖ + β ‖W‖), and lacks Fromage's division."""

from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some
from torch import Tensor

from estimators.optim.fromage import Fromage
from estimators.optim.lars import Lars


@settings(deadline=None, max_examples=40)
@cases(
    lr=some.floats(0, 2),
    momentum=some.sampled_from([0.0, 0.5, 0.9]),
    trust=some.floats(0, 1),
    decay=some.sampled_from([0.0, 0.01, 1.0]),
    seed=some.integers(0, 99),
)
def test_steps_are_those_of_algorithm_1(lr: float, momentum: float, trust: float, decay: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((3, 4), (5,))]
    parameters = [weight.clone().requires_grad_() for weight in weights]
    velocities = [torch.zeros_like(weight) for weight in weights]
    rule = Lars(parameters, lr, momentum, trust, decay)
    for _ in range(4):
        for place, parameter in enumerate(parameters):
            gradient = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.grad, weight = gradient, weights[place]
            rate = trust * weight.norm() / (gradient.norm() + decay * weight.norm())
            velocities[place] = momentum * velocities[place] + lr * rate * (gradient + decay * weight)
            weights[place] = weight - velocities[place]
        rule.step()
    for parameter, weight in zip(parameters, weights, strict=True):
        torch.testing.assert_close(parameter.detach(), weight, rtol=1e-10, atol=1e-12)


def stepped(rule_of: Any, weight: Tensor, gradient: Tensor) -> Tensor:
    parameter = weight.clone().requires_grad_()
    parameter.grad = gradient
    rule_of([parameter]).step()
    return parameter.detach()


def test_it_is_fromage_without_the_division() -> None:
    generator = torch.Generator().manual_seed(1)
    weight, gradient = (torch.randn((4, 3), generator=generator, dtype=torch.float64) for _ in range(2))
    lars = stepped(lambda p: Lars(p, lr=1.0, momentum=0.0, trust=0.02), weight, gradient)
    fromage = stepped(lambda p: Fromage(p, lr=0.02), weight, gradient)
    torch.testing.assert_close(lars, fromage * (1 + 0.02**2) ** 0.5)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_tensors_of_zeros_take_a_plain_step_and_tensors_without_a_gradient_only_decay(momentum: float) -> None:
    def rule(parameters: Any) -> Lars:
        return Lars(parameters, lr=0.5, momentum=momentum, trust=0.1, weight_decay=0.2)

    gradient, nothing = torch.tensor([3.0, 4.0], dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    torch.testing.assert_close(stepped(rule, nothing, gradient), -0.5 * gradient)
    torch.testing.assert_close(stepped(rule, gradient, nothing), (1 - 0.5 * 0.2) * gradient)


def test_low_rank_estimates_are_applied_as_factors(perceptron: Any, estimated: Any, given: Any) -> None:
    factored, formed = perceptron(7, 8, 6), perceptron(7, 8, 6)
    estimate = estimated(factored, "lozo[rank=1]")
    tensors = estimate.gradient
    Lars(factored.parameters.items(), momentum=0.0, trust=0.1).step(estimate)
    Lars(formed.parameters.items(), momentum=0.0, trust=0.1).step(given(**tensors))
    for name, parameter in factored.parameters.items():
        torch.testing.assert_close(parameter, formed.parameters[name])
