"""The small objectives on which the contract looks at an estimator, with a fuse in each that can interrupt an estimate.

Two are linear in their parameters, so that finite differences have no error of their own and every declared expectation holds
exactly; two are curved networks. Among them are frozen tensors, tied ones, two of one shape, a buffer that every forward pass
changes, a dropout mask. All are float32 but the first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from estimators.objective import FunctionObjective, ModuleObjective, Objective


class Interruption(Exception):  # noqa: N818  (no defect: the contract raises it on purpose)
    """Raised in the middle of a forward pass, to see what an estimator leaves behind."""


@dataclass
class Fuse:
    """Counts forward passes and interrupts one of them.

    Attributes:
        passes: forward passes so far.
        blows_at: which of them raises `Interruption`, counted from 1; None for none.
    """

    passes: int = 0
    blows_at: int | None = None

    def tick(self) -> None:
        """Count one pass."""
        self.passes += 1
        if self.passes == self.blows_at:
            raise Interruption(f"forward pass {self.passes} was interrupted")


@dataclass(frozen=True)
class Subject:
    """A fresh objective with the fuse inside it."""

    objective: Objective
    fuse: Fuse = field(default_factory=Fuse)


@dataclass(frozen=True)
class ContractObjective:
    """How to make one of the objectives.

    Attributes:
        name: for messages.
        make: builds a fresh one on a device; every clause has its own, so that a broken estimator harms only itself.
        linear: whether it is linear in its parameters.
        draws: how many estimates the statistical clauses take; 0 leaves it out of them.
    """

    name: str
    make: Callable[[torch.device], Subject]
    linear: bool = False
    draws: int = 0


class _Tick(nn.Module):
    """Passes its input on, counts the pass in the fuse and, in train mode, in a buffer (as batch normalisation would)."""

    calls: Tensor

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.fuse = fuse
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        self.fuse.tick()
        if self.training:
            self.calls += 1
        return x


class _TwoHeads(nn.Module):
    """Frozen features, then three heads of one shape, two of which share their weight; linear in the trainable parameters."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.features = nn.Linear(4, 3).requires_grad_(False)
        self.tick = _Tick(fuse)
        self.left = nn.Linear(3, 2, bias=False)
        self.right = nn.Linear(3, 2, bias=False)
        self.again = nn.Linear(3, 2, bias=False)
        self.again.weight = self.left.weight

    def forward(self, x: Tensor) -> Tensor:
        features = self.tick(torch.tanh(self.features(x)))
        output: Tensor = self.left(features) + 2 * self.right(features) - 3 * self.again(features.flip(-1))
        return output


def _linear(device: torch.device) -> Subject:
    fuse = Fuse()
    slope = torch.tensor([1.0, -0.5, 2.0, 0.25], dtype=torch.float64, device=device)

    def function(x: Tensor) -> Tensor:
        value = (slope * x).sum()
        fuse.tick()
        return value

    point = torch.tensor([0.5, -1.0, 0.75, 2.0], dtype=torch.float64, device=device)
    return Subject(FunctionObjective(function, point), fuse)


def _linear_module(device: torch.device) -> Subject:
    fuse = Fuse()
    return _with_module(_seeded(_TwoHeads(fuse)), _weighted_mean, fuse, device, outputs=2)


def _mlp(device: torch.device) -> Subject:
    fuse = Fuse()
    first, shared, other, tied = nn.Linear(4, 3), nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)
    tied.weight = shared.weight
    first.requires_grad_(False)
    layers = [first, nn.Tanh(), shared, nn.Tanh(), other, _Tick(fuse), nn.Tanh(), tied, nn.Tanh(), nn.Linear(3, 2)]
    return _with_module(_seeded(nn.Sequential(*layers)), nn.functional.mse_loss, fuse, device, outputs=2)


def _dropout(device: torch.device) -> Subject:
    fuse = Fuse()
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Dropout(0.5), _Tick(fuse), nn.Linear(3, 2))
    return _with_module(_seeded(module), nn.functional.mse_loss, fuse, device, outputs=2)


def _with_module(
    module: nn.Module, loss: Callable[..., Tensor], fuse: Fuse, device: torch.device, *, outputs: int, batch: int = 3
) -> Subject:
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(batch, 4, generator=generator).to(device)
    targets = torch.randn(batch, outputs, generator=generator).to(device)
    objective = ModuleObjective(module.to(device), loss, (inputs, targets))
    fuse.passes = 0  # the objective has looked at its module once
    return Subject(objective, fuse)


def _seeded(module: nn.Module) -> nn.Module:
    """Give every parameter N(0, 1/4) entries, from a generator of its own."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
    return module


def _weighted_mean(output: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    product = output * targets
    return product.mean() if reduction == "mean" else product


OBJECTIVES = (
    ContractObjective("linear function (float64)", _linear, linear=True, draws=500),
    ContractObjective("linear network", _linear_module, linear=True, draws=150),
    ContractObjective("perceptron", _mlp),
    ContractObjective("perceptron with dropout", _dropout),
)
