"""Optimizers of torch take estimates as they take gradients, also of estimates that never exist as a whole."""

import copy
from typing import Any

import pytest
import torch

from estimators.optim.borrowed import Borrowed
from estimators.optim.registry import build

OPTIMIZERS = {
    "adam[lr=0.1]": lambda p: torch.optim.Adam(p, lr=0.1),
    "torch.optim:AdamW[lr=0.1]": lambda p: torch.optim.AdamW(p, lr=0.1),
    "torch.optim:RMSprop[lr=0.1,momentum=0.5]": lambda p: torch.optim.RMSprop(p, lr=0.1, momentum=0.5),
    "torch.optim:Adagrad[lr=0.1]": lambda p: torch.optim.Adagrad(p, lr=0.1),
}

LAZY, HELD = "lazy-forward-gradient[k=2]", "forward-gradient[k=2]"


@pytest.mark.parametrize("estimator", [HELD, LAZY])
@pytest.mark.parametrize("spec", OPTIMIZERS)
def test_estimates_do_what_the_same_gradients_do(spec: str, estimator: str, perceptron: Any, estimated: Any) -> None:
    fed, usual = perceptron(3, 4, 2), perceptron(3, 4, 2)
    rule, optimizer = build(spec, fed.parameters), OPTIMIZERS[spec](usual.module.parameters())
    for seed in range(3):
        gradient = estimated(usual, HELD, seed=seed).gradient
        rule.step(estimated(fed, estimator, seed=seed))
        for name, parameter in usual.parameters.items():
            parameter.grad = gradient[name]
        optimizer.step()
    for name, parameter in fed.parameters.items():
        torch.testing.assert_close(parameter, usual.parameters[name], rtol=1e-10, atol=1e-12)


def test_memory_and_groups_are_the_optimizers_own_also_when_loaded_and_copied(given: Any) -> None:
    point = torch.zeros(1, requires_grad=True)
    inner = torch.optim.Adam([("x", point)], lr=1.0)
    rule = Borrowed(inner)
    rule.step(given(x=torch.ones(1)))
    assert inner.state[point]["step"].item() == 1
    for each in (rule, copy.deepcopy(rule)):
        each.load_state_dict(rule.state_dict())
        assert each.param_groups is each.optimizer.param_groups
        assert each.state is each.optimizer.state
    assert copy.deepcopy(rule).param_groups[0]["params"][0] is not point
    rule.param_groups[0]["lr"] = 0.0
    before = point.item()
    rule.step(given(x=torch.ones(1)))
    assert point.item() == before


def test_gradients_come_back_also_when_an_estimate_breaks_off(given: Any) -> None:
    point = torch.zeros(1, requires_grad=True)
    point.grad = torch.full((1,), 5.0)
    rule = build("adam", {"x": point})
    with pytest.raises(ValueError, match="'y', which is none of this rule's parameters"):
        rule.step(given(x=torch.ones(1), y=torch.ones(1)))
    assert point.grad.item() == 5


def test_without_an_estimate_it_is_the_optimizer() -> None:
    point = torch.zeros(1, requires_grad=True)
    rule = build("adam[lr=0.5]", {"x": point})

    def closure() -> torch.Tensor:
        point.grad = None
        loss = (point - 3).square().sum()
        loss.backward()
        return loss

    assert rule.step(closure).item() == 9
    assert point.item() == pytest.approx(0.5)
    assert point.grad.item() == -6
