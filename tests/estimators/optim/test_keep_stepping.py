"""KeepStepping goes along one estimate for as long as the loss falls, and undoes the step that raised it."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some

from estimators.objective import FunctionObjective
from estimators.optim.keep_stepping import KeepStepping
from estimators.optim.registry import build


def naive(
    loss: Callable[[float], float], start: float, slope: float, lr: float, most: int, impatience: float
) -> tuple[float, int]:
    """Where the intended algorithm ends on a line, and the forward passes it takes, written down step by step."""
    at, lowest, forwards = start, loss(start), 0
    for i in range(most + 1):
        there = at - lr * (1 + impatience * math.sqrt(i)) * slope
        forwards += 1
        if not loss(there) < lowest:
            break
        at, lowest = there, loss(there)
    return at, forwards


def square(curvature: float, start: float) -> FunctionObjective:
    return FunctionObjective(lambda x: curvature * (x**2).sum() / 2, torch.tensor([start], dtype=torch.float64))


@settings(deadline=None, max_examples=40)
@cases(
    curvature=some.floats(0.1, 3),
    lr=some.floats(0.003, 1.5),
    most=some.integers(0, 30),
    impatience=some.floats(0, 3),
)
def test_it_ends_where_the_algorithm_does_and_takes_as_many_forward_passes(
    curvature: float, lr: float, most: int, impatience: float
) -> None:
    objective = square(curvature, 1.0)
    rule = KeepStepping(objective.parameters.items(), lr, most, impatience)
    objective.parameters["x"].grad = torch.tensor([curvature], dtype=torch.float64)
    rule.step(lambda: objective.loss(), objective=objective)
    expected, forwards = naive(lambda x: curvature * x * x / 2, 1.0, curvature, lr, most, impatience)
    assert objective.parameters["x"].item() == pytest.approx(expected, abs=1e-12)
    assert rule.work.forwards == forwards
    assert rule.work.directions == 1


def test_all_allowed_steps_are_gone_where_the_loss_falls_throughout(estimated: Any) -> None:
    objective = FunctionObjective(lambda x: x.sum(), torch.zeros(1, dtype=torch.float64))
    rule = build("keep-stepping[lr=0.5,max_steps=20]", objective.parameters)
    rule.step(estimated(objective), objective=objective)
    assert objective.parameters["x"].item() == pytest.approx(-10.5)
    assert rule.work.forwards == 21


def test_steps_grow_with_the_root_of_their_number(estimated: Any) -> None:
    objective = FunctionObjective(lambda x: x.sum(), torch.zeros(1, dtype=torch.float64))
    build("keep-stepping[lr=1.0,max_steps=2,impatience=2.0]", objective.parameters).step(
        estimated(objective), objective=objective
    )
    assert objective.parameters["x"].item() == pytest.approx(-(1 + 3 + (1 + 2 * math.sqrt(2))))


@pytest.mark.parametrize("spec", ["backprop", "lazy-forward-gradient", "spsa", "lozo"])
def test_the_loss_never_rises_whatever_the_estimate_and_the_rate(spec: str, perceptron: Any, estimated: Any) -> None:
    objective = perceptron(3, 4, 2)
    for lr in (1e-3, 0.1, 10.0, 1e6):
        rule = build(f"keep-stepping[lr={lr}]", objective.parameters)
        for seed in range(3):
            before = objective.loss().item()
            rule.step(estimated(objective, spec, seed=seed), objective=objective)
            assert objective.loss().item() <= before * (1 + 1e-8)


def test_a_first_step_that_raises_the_loss_is_undone_to_the_bit_or_but_for_rounding_where_estimates_are_lazy(
    perceptron: Any, estimated: Any, copied: Any
) -> None:
    for spec in ("backprop", "lazy-forward-gradient"):
        objective = perceptron(3, 4, 2)
        before = copied(objective.parameters)
        rule = build("keep-stepping[lr=1e5]", objective.parameters)
        rule.step(estimated(objective, spec), objective=objective)
        for name, parameter in objective.parameters.items():
            if spec == "backprop":
                assert torch.equal(parameter, before[name])
            torch.testing.assert_close(parameter, before[name], rtol=0, atol=1e-9)
        assert rule.work.forwards == 1


def test_a_step_along_what_is_no_number_is_undone(given: Any) -> None:
    objective = square(1.0, 1.0)
    rule = build("keep-stepping", objective.parameters)
    rule.step(given(x=torch.tensor([math.inf], dtype=torch.float64), loss=0.5), objective=objective)
    assert objective.parameters["x"].item() == 1.0


def test_a_step_to_a_loss_that_is_no_number_is_undone(estimated: Any) -> None:
    objective = FunctionObjective(lambda x: torch.log(x).sum(), torch.tensor([1.0], dtype=torch.float64))
    build("keep-stepping[lr=0.3]", objective.parameters).step(estimated(objective), objective=objective)
    assert objective.parameters["x"].item() == pytest.approx(0.1)  # 0.7, 0.4, 0.1, and log(-0.2)


def test_losses_are_evaluated_without_a_tape_and_the_closure_is_not_called_for_them(estimated: Any) -> None:
    modes, calls = [], []

    def loss(x: torch.Tensor) -> torch.Tensor:
        modes.append(torch.is_grad_enabled())
        return (x**2).sum() / 2

    objective = FunctionObjective(loss, torch.ones(1, dtype=torch.float64))

    def closure() -> Any:
        calls.append(1)
        return estimated(objective)

    build("keep-stepping[lr=0.3]", objective.parameters).step(closure, objective=objective)
    assert calls == [1]
    assert modes == [True, False, False, False, False]


def test_where_nobody_knows_the_loss_at_the_start_it_is_evaluated() -> None:
    objective = square(1.0, 1.0)
    objective.parameters["x"].grad = torch.ones(1, dtype=torch.float64)
    rule = build("keep-stepping[lr=0.3]", objective.parameters)
    assert rule.step(objective=objective) is None
    assert objective.parameters["x"].item() == pytest.approx(0.1)
    assert rule.work.forwards == 5
