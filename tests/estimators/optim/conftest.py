"""What the tests of rules share: every rule as a spec, small problems in float64, and ways to estimate and to step."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.estimator import DenseEstimate, Estimate
from estimators.objective import FunctionObjective, ModuleObjective, Objective
from estimators.registry import ESTIMATORS

Perceptron = Callable[..., ModuleObjective]
Estimated = Callable[..., Estimate]


@pytest.fixture
def perceptron() -> Perceptron:
    """Makes a perceptron with tanh between its layers, mean squared error, 6 samples: `perceptron(3, 4, 2, dtype=...)`."""

    def make(*sizes: int, dtype: torch.dtype = torch.float64) -> ModuleObjective:
        generator = torch.Generator().manual_seed(3)
        pairs = list(pairwise(sizes))
        layers: list[nn.Module] = [part for before, after in pairs for part in (nn.Linear(before, after), nn.Tanh())][:-1]
        module = nn.Sequential(*layers).to(dtype)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=dtype) / sizes[0] ** 0.5)
        x = torch.randn((6, sizes[0]), generator=generator, dtype=dtype)
        y = torch.randn((6, sizes[-1]), generator=generator, dtype=dtype)
        return ModuleObjective(module, functional.mse_loss, (x, y))

    return make


@pytest.fixture
def quadratic() -> Callable[[list[float], list[float]], FunctionObjective]:
    """Makes ½ Σ λᵢ (xᵢ - i)² of the eigenvalues λ, at a given start: its minimum is at 0, 1, 2, ..."""

    def make(eigenvalues: list[float], start: list[float]) -> FunctionObjective:
        scale = torch.tensor(eigenvalues, dtype=torch.float64)
        minimum = torch.arange(len(eigenvalues), dtype=torch.float64)
        point = torch.tensor(start, dtype=torch.float64)
        return FunctionObjective(lambda x: (scale * (x - minimum) ** 2).sum() / 2, point)

    return make


@pytest.fixture
def estimated() -> Estimated:
    """Makes one estimate: `estimated(objective, "lazy-forward-gradient", seed=1)`; backprop's if no spec is given."""

    def make(objective: Objective, spec: str = "backprop", *, seed: int = 1) -> Estimate:
        estimator = ESTIMATORS.build(spec)
        estimate: Estimate = estimator.estimate(
            objective, estimator.init(objective), generator=torch.Generator().manual_seed(seed)
        )[0]
        return estimate

    return make


@pytest.fixture
def given() -> Callable[..., DenseEstimate]:
    """Makes an estimate of tensors at hand: `given(x=tensor, loss=1.0)`."""

    def make(*, loss: float = 0.0, **tensors: Tensor) -> DenseEstimate:
        return DenseEstimate(torch.tensor(loss, dtype=torch.float64), tensors)

    return make


@pytest.fixture
def copied() -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
    """Copies parameters as they stand."""
    return lambda parameters: {name: tensor.detach().clone() for name, tensor in parameters.items()}
