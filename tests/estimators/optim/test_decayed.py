"""FGD's rate decays exponentially with the number of the step."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some

from estimators.optim.decayed import DecayedDescent
from estimators.optim.registry import build


@settings(deadline=None, max_examples=25)
@cases(lr=some.floats(1e-3, 1), decay=some.floats(0, 2), seed=some.integers(0, 99))
def test_step_i_has_the_rate_lr_times_exp_of_minus_decay_i(lr: float, decay: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    gradients = torch.randn((6, 3), generator=generator, dtype=torch.float64)
    point = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    rule = DecayedDescent([point], lr, decay)
    for gradient in gradients:
        point.grad = gradient
        rule.step()
    expected = -sum(lr * math.exp(-i * decay) * gradient for i, gradient in enumerate(gradients))
    torch.testing.assert_close(point.detach(), expected, rtol=1e-12, atol=1e-12)


def test_the_default_decay_is_that_of_the_papers_networks() -> None:
    rule = build("fgd", {"x": torch.ones(1, requires_grad=True)})
    assert rule.param_groups[0]["decay"] == 1e-4


def test_fed_with_forward_gradients_it_is_the_papers_algorithm(perceptron: Any, estimated: Any) -> None:
    objective, twin = perceptron(3, 4, 2), perceptron(3, 4, 2)
    rule = build("fgd[lr=0.05,decay=0.1]", objective.parameters)
    for i in range(4):
        gradient = estimated(twin, "forward-gradient", seed=i).gradient
        rule.step(estimated(objective, "forward-gradient", seed=i))
        with torch.no_grad():
            for name, parameter in twin.parameters.items():
                parameter -= 0.05 * math.exp(-i * 0.1) * gradient[name]
    for name, parameter in objective.parameters.items():
        torch.testing.assert_close(parameter, twin.parameters[name])


def test_a_tensor_that_has_no_share_in_a_step_does_not_age(given: Any) -> None:
    parameters = {name: torch.zeros(1, requires_grad=True) for name in ("x", "y")}
    rule = build("fgd[lr=1.0,decay=1.0]", parameters)
    rule.step(given(x=torch.ones(1)))
    rule.step(given(x=torch.ones(1), y=torch.ones(1)))
    assert parameters["y"].item() == -1
    assert parameters["x"].item() == pytest.approx(-1 - math.exp(-1))
