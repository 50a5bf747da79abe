"""A tangent held as factors or without its zeros gives the estimate of the one that is formed, for every model."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.directional.aggregations.projection import Projection
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.directions import Directions
from estimators.directional.directions.block import OneBlock
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.estimator import Directional
from estimators.estimator import Estimate, Factors
from estimators.objective import ModuleObjective

LAWS: list[Directions] = [LowRank(1), LowRank(2), OneBlock()]

pytestmark = pytest.mark.usefixtures("one_thread")


class Product(torch.autograd.Function):
    """X W with derivatives for both modes: forward mode asks it for its own, and tells it of the tangents at the call."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.save_for_forward(x, weight)
        return x @ weight

    @staticmethod
    def jvp(ctx: Any, x_tangent: Tensor, weight_tangent: Tensor) -> Tensor:
        x, weight = ctx.saved_tensors
        return x @ weight_tangent + x_tangent @ weight

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return gradient @ weight.T, x.T @ gradient


class ByFunction(nn.Module):
    """Hands its matrix to an `autograd.Function`, and counts how often it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, 24).view(4, 6))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return Product.apply(x, self.weight)


def problem_of(module: nn.Module, columns: int) -> ModuleObjective:
    generator = torch.Generator().manual_seed(2)
    x, y = (torch.randn((5, size), generator=generator, dtype=torch.float64) for size in (5, columns))
    return ModuleObjective(module.double(), functional.mse_loss, (x, y))


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    return problem_of(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 6), nn.Tanh(), nn.Linear(6, 3)), 3)


def taken(estimator: Directional, problem: ModuleObjective, seed: int = 1) -> tuple[Estimate, Any]:
    return estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(seed))


def same(found: Estimate, expected: Estimate) -> None:
    torch.testing.assert_close(found.loss, expected.loss)
    torch.testing.assert_close(found.gradient, expected.gradient)


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("scale", [None, "unbiased"])
def test_the_estimate_is_the_derivative_by_a_backward_pass_times_the_tangent(law: Directions, scale: str | None) -> None:
    estimator, problem = Directional(directions=law, scale=scale), perceptron()
    gradient = dict(zip(problem.parameters, torch.autograd.grad(problem.loss(), list(problem.parameters.values())), strict=True))
    for seed in range(8):
        found, state = taken(estimator, problem, seed)
        v = {name: rows[0] for name, rows in estimator.tangents(state).items()}
        slope = sum((gradient[name] * v[name]).sum() for name in v)
        torch.testing.assert_close(found.gradient, {name: slope * v[name] for name in v})


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_derivatives_taken_and_combined_elsewhere_give_the_same_estimate(law: Directions) -> None:
    estimator, problem = Directional(directions=law), perceptron()
    found, state = taken(estimator, problem)
    same(estimator.combine(state, [0], estimator.derivatives(problem, state, [0])), found)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_an_estimate_may_be_read_twice_in_either_way(law: Directions) -> None:
    found, _ = taken(Directional(directions=law), perceptron())
    first = {name: tensor.clone() for name, tensor in found.items()}
    for _ in range(2):
        handed = {name: part.product(first[name].shape) if isinstance(part, Factors) else part for name, part in found.factors()}
        torch.testing.assert_close(handed, first)
        torch.testing.assert_close(found.gradient, first)


@pytest.mark.parametrize(
    "estimator",
    [
        Directional(2, directions=LowRank(1)),
        Directional(directions=LowRank(1), length="unit"),
        Directional(directions=LowRank(1), stream="sequential"),
        Directional(directions=LowRank(1), derivative=CentralDifference()),
        Directional(directions=LowRank(1), aggregation=Projection()),
        Directional(directions=LowRank(9)),
        Directional(directions=Gaussian()),
    ],
    ids=str,
)
def test_what_needs_all_numbers_of_a_tangent_hands_on_no_factors(estimator: Directional) -> None:
    assert all(isinstance(part, Tensor) for _, part in taken(estimator, perceptron())[0].factors())


class OutOfMemory(nn.Module):
    """Finds no memory once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    def forward(self, x: Tensor) -> Tensor:
        if self.full:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")
        return x


def test_want_of_memory_says_nothing_of_the_model() -> None:
    torch.manual_seed(0)
    last = OutOfMemory()
    estimator, problem = Directional(directions=LowRank(1)), problem_of(nn.Sequential(nn.Linear(5, 6), last), 6)
    last.full = True
    with pytest.raises(RuntimeError, match="allocate memory"):
        taken(estimator, problem)
    last.full = False
    assert isinstance(dict(taken(estimator, problem)[0].factors())["0.weight"], Factors)
    assert estimator.remarks(problem) == ()


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_operations_without_a_rule_are_passed_all_the_same(law: Directions) -> None:
    """In place, by keywords, with a transposed weight."""
    torch.manual_seed(0)

    class Unusual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(5, 6), nn.Linear(6, 5)

        def forward(self, x: Tensor) -> Tensor:
            hidden = functional.linear(input=x, weight=self.first.weight, bias=self.first.bias).exp_()
            return functional.linear(hidden, self.last.weight) + functional.linear(hidden, self.first.weight.t())

    estimator, problem = Directional(directions=law), problem_of(Unusual(), 5)
    simulated = estimator.simulated()
    assert simulated is not None
    for seed in range(8):
        same(taken(estimator, problem, seed)[0], taken(simulated, problem, seed)[0])
    assert estimator.remarks(problem) == ()


def test_a_model_that_factors_cannot_be_handed_to_gets_matrices_and_a_remark() -> None:
    torch.manual_seed(0)
    last = ByFunction()
    estimator, problem = Directional(directions=LowRank(1)), problem_of(nn.Sequential(nn.Linear(5, 4), last), 6)
    simulated = estimator.simulated()
    assert simulated is not None
    assert estimator.remarks(problem) == ()
    same(taken(estimator, problem)[0], taken(simulated, problem)[0])
    (remark,) = estimator.remarks(problem)
    assert remark.startswith("the matrices of tangents are formed: autograd.Function Product in layer '1' (ByFunction)")
    calls = last.calls
    same(taken(estimator, problem, 2)[0], taken(simulated, problem, 2)[0])
    assert last.calls == calls + 2  # one for each of them: no second attempt
