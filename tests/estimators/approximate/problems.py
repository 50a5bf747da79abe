"""What the tests of approximate backward passes look at, and the statistics that they share.

One dense layer whose δ and x are known gives closed forms something to be compared with; small networks give depth.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.approximate.backward import Approximate
from estimators.estimator import Estimator
from estimators.exact import Backprop
from estimators.objective import ModuleObjective, Objective

STANDARD_ERRORS = 5


class OneLayer:
    """y = x Wᵀ and the loss Σ δ y, in float64: the gradient of W is δᵀx.

    Attributes:
        x: [rows, inputs], rows of very different lengths.
        delta: [rows, outputs].
        objective: the loss.
    """

    def __init__(self, rows: int = 8, inputs: int = 4, outputs: int = 4) -> None:
        generator = torch.Generator().manual_seed(1)
        lengths = torch.logspace(0.5, -1, rows, dtype=torch.float64)[:, None]
        self.x = lengths * torch.randn(rows, inputs, generator=generator, dtype=torch.float64)
        self.delta = torch.randn(rows, outputs, generator=generator, dtype=torch.float64)
        layer = nn.Linear(inputs, outputs, bias=False, dtype=torch.float64)
        self.objective = ModuleObjective(layer, lambda outputs, delta: (outputs * delta).sum(), (self.x, self.delta))

    @property
    def gradient(self) -> Tensor:
        return self.delta.T @ self.x

    @property
    def squares(self) -> Tensor:
        """‖δᵢ xᵢᵀ‖² of each row."""
        return self.delta.square().sum(1) * self.x.square().sum(1)


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 2)).double()
    return ModuleObjective(module, functional.mse_loss, (torch.randn(6, 3).double(), torch.randn(6, 2).double()))


def convolutional() -> ModuleObjective:
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3, padding=1, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)]
    module = nn.Sequential(*layers).double()
    return ModuleObjective(module, functional.cross_entropy, (torch.randn(6, 2, 4, 4).double(), torch.arange(6) % 3))


def vector(estimator: Estimator, objective: Objective, seed: int = 0) -> Tensor:
    """One estimate, all tensors behind one another."""
    estimate, _ = estimator.estimate(objective, None, generator=torch.Generator().manual_seed(seed))
    return torch.cat([tensor.flatten() for _, tensor in estimate.items()])


def draws(estimator: Estimator, objective: Objective, count: int) -> Tensor:
    """[count, n]: independent estimates."""
    return torch.stack([vector(estimator, objective, seed) for seed in range(count)])


def exact(objective: Objective) -> Tensor:
    return vector(Backprop(), objective)


def assert_mean_is(found: Tensor, expected: Tensor) -> None:
    """Coordinate by coordinate, within standard errors of the draws, [draws, n]."""
    errors = found.std(0) / len(found) ** 0.5
    assert ((found.mean(0) - expected).abs() <= STANDARD_ERRORS * errors + 1e-12).all()


def assert_squared_error_is(found: Tensor, gradient: Tensor, expected: Tensor | float) -> None:
    """The mean of ‖estimate - g‖² over draws, within standard errors of it."""
    errors = (found - gradient.flatten()).square().sum(1)
    assert abs(errors.mean() - expected) <= STANDARD_ERRORS * errors.std() / len(errors) ** 0.5 + 1e-12


def tape(estimator: Approximate | Backprop, objective: Objective) -> Tensor:
    """The loss with what is saved for its backward pass."""
    if isinstance(estimator, Backprop):
        return objective.loss()
    return estimator.forward(objective, torch.Generator().manual_seed(0))
