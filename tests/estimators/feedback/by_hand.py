"""The oracle: networks of three layers whose pass back is written out, with the gradients of the layers' inputs left open.

Nothing here uses autograd, and convolutions are products with unfolded images.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.estimator import Estimator
from estimators.objective import ModuleObjective

Transposed = Callable[[Tensor], Tensor]
Way = Callable[[str, Transposed, Tensor], Tensor]
"""(name of a weight, what the layer's transpose makes of δ with a weight, error at the output) -> gradient of its input."""


@dataclass
class Layer:
    """One layer with what followed it, as the forward pass left them."""

    module: nn.Linear | nn.Conv2d
    x: Tensor
    a: Tensor

    def transposed(self, delta: Tensor) -> Transposed:
        if isinstance(self.module, nn.Linear):
            return lambda weight: delta @ weight
        return lambda weight: functional.fold(weight.flatten(1).T @ delta.flatten(2), self.x.shape[2:], **self.geometry())

    def gradients(self, delta: Tensor) -> tuple[Tensor, Tensor]:
        if isinstance(self.module, nn.Linear):
            return delta.T @ self.x, delta.sum(0)
        patches = functional.unfold(self.x, **self.geometry())
        weight = torch.einsum("bop,bkp->ok", delta.flatten(2), patches)
        return weight.view(self.module.weight.shape), delta.sum((0, 2, 3))

    def geometry(self) -> dict[str, tuple[int, ...]]:
        module = self.module
        return {
            "kernel_size": module.kernel_size,
            "padding": module.padding,
            "stride": module.stride,
            "dilation": module.dilation,
        }


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    return ModuleObjective(module, functional.cross_entropy, (torch.randn(8, 5).double(), torch.arange(8) % 3))


def convolutional() -> ModuleObjective:
    torch.manual_seed(1)
    convolutions = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 4, (3, 2), stride=2, padding=1, dilation=(1, 2))
    head = nn.Flatten(), nn.Linear(36, 3)
    module = nn.Sequential(convolutions[0], nn.ReLU(), convolutions[1], nn.Tanh(), *head).double()
    return ModuleObjective(module, functional.cross_entropy, (torch.randn(8, 2, 6, 6).double(), torch.arange(8) % 3))


NETWORKS = {"perceptron": perceptron, "convolutional": convolutional}


@torch.no_grad()
def gradient(objective: ModuleObjective, way: Way) -> dict[str, Tensor]:
    """The gradient by hand: cross-entropy of a linear layer, of a tanh, of a layer, of a ReLU, of a layer."""
    modules = {name: module for name, module in objective.module.named_children() if hasattr(module, "weight")}
    names, layers, x = list(modules), [], objective.inputs
    for module, activation in zip(modules.values(), (torch.relu, torch.tanh, None), strict=True):
        x = x.flatten(1) if isinstance(module, nn.Linear) else x
        layers.append(Layer(module, x, module(x)))
        x = activation(layers[-1].a) if activation else x
    error = (layers[-1].a.softmax(1) - functional.one_hot(objective.targets, 3)) / len(x)
    delta, found = error, {}
    slopes = {0: (layers[0].a > 0).double(), 1: 1 - layers[1].a.tanh() ** 2}
    for number in (2, 1, 0):
        weight, bias = layers[number].gradients(delta)
        found |= {f"{names[number]}.weight": weight, f"{names[number]}.bias": bias}
        if number:
            back = way(f"{names[number]}.weight", layers[number].transposed(delta), error)
            delta = back.view(slopes[number - 1].shape) * slopes[number - 1]
    return {name: found[name] for name in objective.parameters}


def estimated(
    estimator: Estimator, objective: ModuleObjective, state: dict[str, Tensor] | None = None, seed: int = 0
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """An estimate, from a fresh state unless one is given, and the state that it left."""
    start = estimator.init(objective) if state is None else state
    estimate, kept = estimator.estimate(objective, start, generator=torch.Generator().manual_seed(seed))
    return estimate.gradient, kept


def cosine(first: Tensor, second: Tensor) -> float:
    return float(functional.cosine_similarity(first.detach().flatten(), second.detach().flatten(), dim=0))


def wide() -> ModuleObjective:
    """One sample, and one hidden layer that is wide enough for the laws of its feedback to show; weights are uniform."""
    torch.manual_seed(2)
    module = nn.Sequential(nn.Linear(4, 8192), nn.ReLU(), nn.Linear(8192, 10)).double()
    return ModuleObjective(module, functional.cross_entropy, (torch.randn(1, 4).double(), torch.tensor([3])))
