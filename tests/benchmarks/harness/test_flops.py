"""Operations and evaluations against counts made by hand."""

import pytest
import torch
from torch import nn

from benchmarks.harness.base import Base
from benchmarks.harness.flops import counted_evaluations, measure, operations
from benchmarks.harness.gradient import Gradient
from benchmarks.problems.problem import Problem
from estimators import FunctionObjective, ModuleObjective
from estimators.registry import ESTIMATORS

BATCH, INPUTS, HIDDEN, OUTPUTS = 5, 7, 11, 3
FIRST, SECOND = 2 * BATCH * INPUTS * HIDDEN, 2 * BATCH * HIDDEN * OUTPUTS  # two operations a multiply-add


def perceptron():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, OUTPUTS))
    batch, loss = (torch.randn(BATCH, INPUTS), torch.randn(BATCH, OUTPUTS)), nn.functional.mse_loss
    objective = ModuleObjective(module, loss, batch)
    return Problem("user", objective, lambda: loss(module(batch[0]), batch[1]), tuple, torch.device("cpu"), torch.float32, "", 0)


def counts(spec, problem):
    gradient = Gradient(problem.objective, ESTIMATORS.build(spec), torch.Generator().manual_seed(0))
    return {metric.metric: metric.value for metric in measure(problem, Base(problem), gradient)}


@pytest.mark.parametrize(
    ("spec", "flops", "calls"),
    [
        ("backprop", 2 * FIRST + 3 * SECOND, 1),  # the first layer needs no gradient of its input
        ("forward-gradient", 2 * FIRST + 3 * SECOND, 1),  # nor has it a tangent
        ("spsa", 2 * (FIRST + SECOND), 2),
        ("spsa[k=3]", 6 * (FIRST + SECOND), 6),  # combining three tangents is a matrix times a vector, which is not counted
    ],
)
def test_operations_and_evaluations_are_those_counted_by_hand(spec, flops, calls):
    found = counts(spec, perceptron())
    assert found["base_flops"] == FIRST + SECOND
    assert found["flops"] == flops
    assert found["flop_multiple"] == flops / (FIRST + SECOND)
    assert found["forward_calls"] == calls


def test_a_problem_without_matrix_products_has_calls_and_no_operations():
    point = torch.ones(4, requires_grad=True)
    objective = FunctionObjective(lambda x: (x**2).sum(), point)
    problem = Problem("f", objective, objective.loss, tuple, torch.device("cpu"), torch.float32, "", 16)
    found = counts("forward-gradient", problem)
    assert found.pop("forward_calls") == 1
    assert set(found) == {"operator_bytes", "base_operator_bytes"}


def test_operations_of_a_product_are_twice_its_multiply_adds():
    assert operations(lambda: torch.ones(2, 3) @ torch.ones(3, 4)) == 48


@pytest.mark.parametrize("objective", [perceptron().objective, FunctionObjective(lambda x: x.sum(), torch.ones(2))])
def test_the_objective_is_as_before_after_counting_also_after_an_exception(objective):
    def interrupted():
        with counted_evaluations(objective) as evaluations:
            objective.loss()
            objective.loss(dict(objective.parameters))
            assert evaluations() == 2
            raise KeyboardInterrupt

    before = dict(vars(objective))
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert vars(objective) == before
