"""Tangents in the span of what dense layers are given: nothing of the gradient is lost, with the error of fewer dimensions."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.flops import operations
from estimators import theory
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.within import Within
from estimators.directional.estimator import Directional
from estimators.directional.guided import Guided
from estimators.directional.guides.inputs import Inputs
from estimators.directional.space import Weights
from estimators.exact import Backprop
from estimators.objective import FunctionObjective, ModuleObjective, Objective

pytestmark = pytest.mark.usefixtures("one_thread")


class Tied(nn.Module):
    """One weight in two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(6, 6), nn.Linear(6, 6)
        self.other.weight = self.one.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.other(self.one(x).tanh())


class Decayed(nn.Sequential):
    """A loss that uses a weight past its layer."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self[0].weight.square().sum()


class Functional(nn.Module):
    """A dense layer that is no module."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(3, 6))

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(input=x, weight=self.kernel)


MODULES: dict[str, Callable[[], nn.Module]] = {
    "perceptron": lambda: nn.Sequential(nn.Linear(6, 7), nn.Tanh(), nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 3)),
    "tied": Tied,
    "decayed": lambda: Decayed(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)),
    "functional": Functional,
    "norm": lambda: nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)),
}
RESTRICTED = {"perceptron": {"0.weight", "2.weight", "4.weight"}, "functional": {"kernel"}}


def objective(kind: str, batch: int = 2) -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    module = MODULES[kind]().double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    x = torch.randn(batch, 6, generator=generator, dtype=torch.float64)
    y = torch.randn(module(x).shape, generator=generator, dtype=torch.float64)
    return ModuleObjective(module, functional.mse_loss, (x, y))


def exact(problem: Objective) -> dict[str, Tensor]:
    return Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient


def flat(tensors: dict[str, Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors.values()])


def law(problem: Objective) -> Within:
    found, _ = Inputs().lead(problem, Weights().layout(problem), None, Gaussian())
    assert isinstance(found, Within)
    return found


@pytest.mark.parametrize("kind", MODULES)
def test_nothing_of_the_gradient_lies_outside(kind: str) -> None:
    problem = objective(kind)
    parts, gradient = law(problem).parts, exact(problem)
    if kind in RESTRICTED:
        assert set(parts) == RESTRICTED[kind]
    for name, part in parts.items():
        Q = part.basis
        torch.testing.assert_close(Q.T @ Q, torch.eye(Q.shape[1], dtype=Q.dtype))
        assert Q.shape[1] < gradient[name].shape[1]
        torch.testing.assert_close(gradient[name] @ Q @ Q.T, gradient[name])


def test_a_weight_in_two_layers_spans_what_both_are_given() -> None:
    parts = law(objective("tied")).parts
    assert parts["one.weight"].basis.shape == (6, 4)


def test_a_weight_that_something_else_uses_is_left_whole() -> None:
    assert set(law(objective("decayed")).parts) == {"2.weight"}


def test_layers_given_as_many_rows_as_they_have_inputs_are_left_whole() -> None:
    assert set(law(objective("perceptron", batch=5)).parts) == {"0.weight", "2.weight"}
    assert set(law(objective("perceptron", batch=7)).parts) == set()


def test_a_function_has_no_layers_and_the_plain_estimate() -> None:
    problem = FunctionObjective(lambda x: (x**2).sum(), torch.ones(3, 3))
    found, expected = (
        e.estimate(problem, e.init(problem), generator=torch.Generator().manual_seed(3))[0].gradient
        for e in (Guided(Inputs()), Directional())
    )
    assert torch.equal(found["x"], expected["x"])


@pytest.mark.parametrize("k", [1, 4])
def test_the_estimate_is_unbiased_with_the_error_of_the_dimensions_of_the_span(k: int) -> None:
    problem, draws = objective("perceptron"), 500
    estimator, generator = Guided(Inputs(), k=k, derivative=Simulated()), torch.Generator().manual_seed(1)
    g, m = flat(exact(problem)), (7 + 5 + 3) * 2 + 7 + 5 + 3  # two samples a layer, and the biases
    state, rows = estimator.init(problem), []
    for _ in range(draws):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        rows.append(flat(estimate.gradient))
    E = torch.stack(rows)
    assert ((E.mean(0) - g).abs() <= 4.5 * E.std(0) / draws**0.5 + 1e-12).all()
    errors = (E - g).square().sum(1) / g.square().sum()
    claimed = theory.in_subspace("gaussian", "mean", m, k).relative_error
    assert claimed == (m + 1) / k
    assert abs(errors.mean() - claimed) <= 4.5 * errors.std() / draws**0.5


@pytest.mark.parametrize(("batch", "k"), [(4, 1), (4, 3), (64, 1)])
def test_operations_are_as_declared(batch: int, k: int) -> None:
    layers = [layer for _ in range(5) for layer in (nn.Linear(32, 32), nn.Tanh())]
    problem = ModuleObjective(nn.Sequential(*layers), functional.mse_loss, (torch.randn(batch, 32), torch.randn(batch, 32)))
    estimator = Guided(Inputs(), k=k)
    shapes = {name: tuple(p.shape) for name, p in problem.parameters.items()}
    with torch.no_grad():
        base = operations(problem.loss)
    state = estimator.init(problem)

    def run() -> None:
        for _ in estimator.estimate(problem, state, generator=torch.Generator().manual_seed(1))[0].items():
            pass

    declared = estimator.declaration(shapes, batch)
    assert operations(run) / base == pytest.approx(declared.forward_multiple)
    assert declared.forward_calls == 2


@pytest.mark.parametrize(("k", "memory"), [(1, "activations"), (4, "guided")])
def test_bases_as_large_as_the_inputs_are_declared(k: int, memory: str) -> None:
    assert Guided(Inputs(), k=k).declaration({"weight": (3, 4)}, 2).memory == memory
