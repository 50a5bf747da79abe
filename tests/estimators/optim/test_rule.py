"""Every rule is an ordinary optimizer of torch, and takes an estimate in place of gradients in `.grad`."""

import copy
import io
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from estimators.objective import FunctionObjective
from estimators.optim.descent import GradientDescent
from estimators.optim.registry import ENTRIES, build
from estimators.optim.rule import Rule, Work

RULES = [
    *ENTRIES,
    "sgd[momentum=0.9]",
    "sgd[momentum=0.9,nesterov=true]",
    "fromage[momentum=0.9,bound=1.0]",
    "lars[momentum=0,weight_decay=0.1]",
    "keep-stepping[impatience=0.5]",
    "newton[damping=0.1,lr=0.5]",
    "newton-cg[damping=0.1,iterations=3]",
]
"""Every rule, some with options that change what it remembers or does."""

every_rule = pytest.mark.parametrize("spec", RULES)


def run(rule: Rule, objective: Any, estimated: Any, steps: int, *, first: int = 0) -> None:
    for seed in range(first, first + steps):
        rule.step(estimated(objective, "forward-gradient[k=4]", seed=seed), objective=objective)


@every_rule
def test_an_estimate_does_what_the_same_gradient_in_grad_does(spec: str, perceptron: Any, estimated: Any) -> None:
    fed, usual = perceptron(3, 4, 2), perceptron(3, 4, 2)
    rules = build(spec, fed.parameters), build(spec, usual.parameters)
    for _ in range(3):
        returned = rules[0].step(estimated(fed), objective=fed)

        def closure() -> Tensor:
            usual.module.zero_grad()
            loss: Tensor = usual.loss()
            loss.backward()
            return loss

        other = rules[1].step(closure, objective=usual)
        assert torch.equal(returned, other.detach())
    for name, parameter in fed.parameters.items():
        torch.testing.assert_close(parameter, usual.parameters[name], rtol=1e-12, atol=1e-12)
        assert parameter.grad is None


@every_rule
def test_gradients_that_are_there_are_left_alone_where_an_estimate_is_given(spec: str, perceptron: Any, estimated: Any) -> None:
    objective = perceptron(3, 4, 2)
    marks = {name: torch.full_like(parameter, 7.0) for name, parameter in objective.parameters.items()}
    for name, parameter in objective.parameters.items():
        parameter.grad = marks[name]
    build(spec, objective.parameters).step(estimated(objective), objective=objective)
    for name, parameter in objective.parameters.items():
        assert parameter.grad is marks[name]
        assert bool((marks[name] == 7.0).all())


@every_rule
def test_an_estimate_is_read_and_never_written(spec: str, perceptron: Any, estimated: Any, copied: Any) -> None:
    objective = perceptron(3, 4, 2)
    estimate, rule = estimated(objective), build(spec, objective.parameters)
    before = copied(estimate.gradient)
    for _ in range(2):
        rule.step(estimate, objective=objective)
    assert all(torch.equal(tensor, before[name]) for name, tensor in estimate.items())


@every_rule
def test_a_rule_that_is_saved_and_loaded_goes_on_bit_by_bit(spec: str, perceptron: Any, estimated: Any) -> None:
    objective, twin = perceptron(3, 4, 2), perceptron(3, 4, 2)
    rule = build(spec, objective.parameters)
    run(rule, objective, estimated, 3)
    file = io.BytesIO()
    torch.save({"model": objective.module.state_dict(), "rule": rule.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    twin.module.load_state_dict(saved["model"])
    # what the saved rule was built with comes from its state
    other = build(spec.partition("[")[0], twin.parameters)
    other.load_state_dict(saved["rule"])
    assert other.param_groups[0]["lr"] == rule.param_groups[0]["lr"]
    run(rule, objective, estimated, 3, first=3)
    run(other, twin, estimated, 3, first=3)
    assert all(torch.equal(parameter, twin.parameters[name]) for name, parameter in objective.parameters.items())


@every_rule
def test_a_copy_goes_its_own_way(spec: str, perceptron: Any, estimated: Any, copied: Any) -> None:
    objective = perceptron(3, 4, 2)
    rule = build(spec, objective.parameters)
    run(rule, objective, estimated, 1)
    before = copied(objective.parameters)
    other = copy.deepcopy(rule)
    theirs = other.param_groups[0]["params"]
    for parameter in theirs:
        parameter.grad = torch.ones_like(parameter)
    if not other.uses_objective:
        other.step()
        assert not any(torch.equal(mine, parameter) for mine, parameter in zip(before.values(), theirs, strict=True))
    assert all(torch.equal(parameter, before[name]) for name, parameter in objective.parameters.items())


def test_a_closure_may_return_the_estimate_and_is_called_once_with_gradients_enabled(
    quadratic: Callable[..., FunctionObjective], estimated: Any
) -> None:
    objective, calls = quadratic([1.0], [1.0]), []

    def closure() -> Any:
        calls.append(torch.is_grad_enabled())
        return estimated(objective)

    rule = build("keep-stepping[lr=0.1]", objective.parameters)
    with torch.no_grad():
        assert rule.step(closure, objective=objective) == 0.5
    assert calls == [True]


def test_without_names_a_rule_reads_gradients_and_says_so_when_it_is_given_an_estimate(given: Any) -> None:
    point = torch.ones(2, requires_grad=True)
    rule = GradientDescent([point], lr=0.5)
    point.grad = torch.ones(2)
    assert rule.step() is None
    assert point.tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match=r"construct the rule from named parameters, as module\.named_parameters\(\) gives"):
        rule.step(given(x=torch.ones(2)))


def test_parameters_without_a_gradient_or_unnamed_by_an_estimate_stay(given: Any) -> None:
    parameters = {name: torch.ones(2, requires_grad=True) for name in ("x", "y")}
    rule = build("sgd[lr=1.0]", parameters)
    rule.step(given(y=torch.ones(2)))
    parameters["x"].grad = torch.ones(2)
    rule.step()
    assert [parameter.tolist() for parameter in parameters.values()] == [[0.0, 0.0], [0.0, 0.0]]


def test_groups_have_rates_of_their_own(given: Any) -> None:
    slow, fast = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    rule = GradientDescent([{"params": [("slow", slow)], "lr": 1.0}, {"params": [("fast", fast)]}], lr=10.0)
    rule.step(given(fast=torch.ones(1), slow=torch.ones(1)))
    assert (slow.item(), fast.item()) == (-1.0, -10.0)


def test_a_name_that_no_parameter_has_is_named(given: Any) -> None:
    rule = build("sgd", {"weight": torch.ones(1, requires_grad=True)})
    with pytest.raises(
        ValueError, match="the estimate has 'wieght', which is none of this rule's parameters: did you mean 'weight'"
    ):
        rule.step(given(wieght=torch.ones(1)))


@pytest.mark.parametrize("spec", [spec for spec in RULES if spec.startswith(("keep", "newton"))])
def test_rules_that_evaluate_the_loss_want_the_objective_of_their_own_parameters(
    spec: str, quadratic: Callable[..., FunctionObjective], estimated: Any
) -> None:
    objective, other = quadratic([1.0], [2.0]), quadratic([1.0], [2.0])
    rule = build(spec, objective.parameters)
    assert rule.uses_objective
    with pytest.raises(ValueError, match=r"evaluates the loss itself: call step\(\.\.\., objective=OBJECTIVE\)"):
        rule.step(estimated(objective))
    with pytest.raises(ValueError, match="has parameters that are none of the objective's"):
        rule.step(estimated(objective), objective=other)
    with pytest.raises(ValueError, match="it takes one parameter group"):
        type(rule)([{"params": [torch.ones(1, requires_grad=True)]}, {"params": [torch.ones(1, requires_grad=True)]}])


def test_schedulers_and_hooks_of_torch_work_on_rules_and_on_borrowed_ones(given: Any) -> None:
    for spec in ("sgd[lr=1.0]", "torch.optim:SGD[lr=1.0]"):
        parameters, seen = {"x": torch.zeros(1, requires_grad=True)}, []
        rule = build(spec, parameters)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(rule, 0.5)
        rule.register_step_post_hook(lambda *_, seen=seen: seen.append(1))
        for _ in range(3):
            rule.step(given(x=torch.ones(1)))
            scheduler.step()
        assert parameters["x"].item() == -1.75
        assert len(seen) == 3


def test_what_a_rule_did_adds_up(quadratic: Callable[..., FunctionObjective], estimated: Any) -> None:
    objective = quadratic([1.0, 3.0], [5.0, 5.0])
    expected = {
        "sgd": Work(2),
        "keep-stepping[lr=0.1,max_steps=0]": Work(2, forwards=2),
        "newton": Work(2, gradients=2, products=4),
    }
    for spec, work in expected.items():
        rule = build(spec, objective.parameters)
        assert rule.work == Work()
        for _ in range(2):
            rule.step(estimated(objective), objective=objective)
        assert rule.work == work
    assert Work(directions=9, gradients=1, forwards=2, products=4).forward_equivalents == 3 + 2 + 24
