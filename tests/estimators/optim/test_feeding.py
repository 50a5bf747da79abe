"""Any estimate feeds any rule, and one that is never formed as a whole does what its tensors do."""

from typing import Any

import pytest
import torch

from estimators.estimator import DenseEstimate
from estimators.optim.registry import ENTRIES, build
from estimators.registry import ESTIMATORS

ESTIMATES = [name for name in ESTIMATORS.entries if name != "checkpointed-backprop"]  # its gradient is backprop's
LAZY = ["lazy-forward-gradient", "mezo[k=2]", "eggroll[members=4]", "lozo"]


def one_step(rule: str, estimator: str, perceptron: Any, estimated: Any, *, formed: bool) -> dict[str, torch.Tensor]:
    objective = perceptron(7, 8, 6)
    estimate = estimated(objective, estimator)
    if formed:
        estimate = DenseEstimate(estimate.loss, estimate.gradient)
    build(rule, objective.parameters).step(estimate, objective=objective)
    return {name: parameter.detach() for name, parameter in objective.parameters.items()}


def agree(rule: str, estimator: str, perceptron: Any, estimated: Any) -> None:
    found, expected = (one_step(rule, estimator, perceptron, estimated, formed=formed) for formed in (False, True))
    start = perceptron(7, 8, 6).parameters
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-7, atol=1e-9)
    assert any(not torch.equal(tensor, start[name]) for name, tensor in found.items())


@pytest.mark.parametrize("estimator", ESTIMATES)
def test_every_estimator_feeds_a_rule(estimator: str, perceptron: Any, estimated: Any) -> None:
    agree("fromage", estimator, perceptron, estimated)


@pytest.mark.parametrize("estimator", LAZY)
@pytest.mark.parametrize("rule", ENTRIES)
def test_every_rule_takes_estimates_that_are_drawn_again_as_they_are_read(
    rule: str, estimator: str, perceptron: Any, estimated: Any
) -> None:
    lr = "" if rule.startswith(("adam", "newton")) else "[lr=1e-4]"
    agree(rule + lr, estimator, perceptron, estimated)


@pytest.mark.parametrize(
    "rule", ["sgd[lr=0.05]", "sgd[lr=0.02,momentum=0.9]", "adam[lr=0.01]", "fromage", "lars[trust=0.01]", "fgd[lr=0.05]"]
)
def test_forward_gradients_train_by_every_rule(rule: str, perceptron: Any, estimated: Any) -> None:
    objective = perceptron(3, 4, 2)
    made, before = build(rule, objective.parameters), objective.loss().item()
    for seed in range(60):
        made.step(estimated(objective, "lazy-forward-gradient[k=4]", seed=seed))
    assert objective.loss().item() < 0.8 * before
