"""Forward mode multiplies nothing by a zero tangent, records no tape, and names what it cannot differentiate."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from estimators.directional.derivatives.dual import take_one
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.vectorised import take_several
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.space import Tangents, Weights
from estimators.directional.streams import Keyed
from estimators.objective import MissingCapability, ModuleObjective


def objective(module: nn.Module, *shape: int, classes: int = 10) -> ModuleObjective:
    return ModuleObjective(module, functional.cross_entropy, (torch.randn(*shape), torch.randint(0, classes, shape[:1])))


def perceptron() -> ModuleObjective:
    layers = nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)
    return objective(nn.Sequential(*layers), 64, 784)


def along(problem: ModuleObjective, tangents: Tangents) -> Tensor:
    """⟨g, v⟩ by backprop."""
    gradients = torch.autograd.grad(problem.loss(), list(problem.parameters.values()))
    return sum(rows.flatten(1) @ g.flatten() for rows, g in zip(tangents.values(), gradients, strict=True))


def take(problem: ModuleObjective, k: int = 1) -> torch.Tensor:
    tangents = Gaussian().draw(Weights().layout(problem), range(k), Keyed(1))
    return Jvp().take(Weights(), problem, tangents).values


def test_one_tangent_of_the_perceptron_costs_what_backprop_costs() -> None:
    problem = perceptron()
    with FlopCounterMode(display=False) as counter:
        take(problem)
    assert counter.get_total_flops() == 612_106_240


def test_several_tangents_of_the_perceptron_multiply_no_zeros_either() -> None:
    problem = perceptron()
    take(problem, 2)  # finds out how
    with FlopCounterMode(display=False) as counter:
        problem.loss()
    base = counter.get_total_flops()
    for k in (2, 5):
        with FlopCounterMode(display=False) as counter:
            take(problem, k)
        assert counter.get_total_flops() == base + k * (612_106_240 - base)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("layer", [lambda: nn.Linear(16, 16), lambda: nn.Conv1d(16, 16, 3, padding=1)], ids=["linear", "conv"])
def test_a_frozen_layer_costs_one_product_a_tangent(layer: Callable[[], nn.Module], k: int) -> None:
    torch.manual_seed(0)
    layers = [layer() for _ in range(3)]
    layers[1].requires_grad_(False)
    module = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2], nn.Flatten()).double()
    inputs = torch.randn((4, 16) if isinstance(layers[0], nn.Linear) else (4, 16, 16), dtype=torch.float64)
    problem = ModuleObjective(module, functional.cross_entropy, (inputs, torch.tensor([0, 1, 2, 3])))
    tangents = Gaussian().draw(Weights().layout(problem), range(k), Keyed(1))
    torch.testing.assert_close(take(problem, k), along(problem, tangents))
    with FlopCounterMode(display=False) as counter:
        take(problem, k)
    with FlopCounterMode(display=False) as below:
        problem.loss()
    assert 3 * counter.get_total_flops() == (3 + k * (1 + 1 + 2)) * below.get_total_flops()  # on data, frozen, neither


@pytest.mark.parametrize("outputs", [3, 64, 65])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 4), (5, 2, 4)], ids=str)
def test_layers_on_data_have_the_derivatives_of_backprop(outputs: int, bias: bool, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, outputs, bias=bias), nn.Tanh(), nn.Linear(outputs, 3), nn.Flatten()).double()
    x = torch.randn(shape, dtype=torch.float64)
    problem = ModuleObjective(module, functional.cross_entropy, (x, torch.randint(0, 3, shape[:1])))
    tangents = Gaussian().draw(Weights().layout(problem), range(3), Keyed(1))
    expected = along(problem, tangents)
    torch.testing.assert_close(Jvp().take(Weights(), problem, tangents).values, expected)
    for index in range(3):
        alone = Jvp().take(Weights(), problem, {name: rows[index : index + 1] for name, rows in tangents.items()})
        torch.testing.assert_close(alone.values, expected[index : index + 1])


CONVOLUTIONS: dict[str, tuple[Callable[..., nn.Module], tuple[int, ...]]] = {
    "1d": (partial(nn.Conv1d, kernel_size=3), (9,)),
    "2d": (partial(nn.Conv2d, kernel_size=(3, 2)), (7, 6)),
    "3d": (partial(nn.Conv3d, kernel_size=2), (4, 3, 5)),
    "grouped": (partial(nn.Conv2d, kernel_size=3, groups=2), (6, 6)),
    "channel by channel": (partial(nn.Conv1d, kernel_size=3, groups=4), (9,)),
    "circular": (partial(nn.Conv2d, kernel_size=3, padding=1, padding_mode="circular"), (5, 4)),
    "same": (partial(nn.Conv2d, kernel_size=(3, 5), padding="same", dilation=(1, 2)), (5, 4)),
    "strided": (partial(nn.Conv2d, kernel_size=3, stride=(2, 1), padding=1), (8, 5)),
    "dilated": (partial(nn.Conv2d, kernel_size=3, padding=(2, 1), dilation=(2, 1)), (7, 5)),
    "no bias": (partial(nn.Conv2d, kernel_size=3, bias=False), (6, 6)),
}
"""Layers, and the size of what they convolve."""


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("frozen", ["nothing", "0.weight", "0.bias", "2.weight", "2.bias"])
@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_convolutions_of_data_and_of_what_moves_have_the_derivatives_of_backprop(kind: str, frozen: str, k: int) -> None:
    torch.manual_seed(0)
    layer, size = CONVOLUTIONS[kind]
    module = nn.Sequential(layer(4, 4), nn.Tanh(), layer(4, 4), nn.Flatten()).double()
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(name != frozen)
    inputs = torch.randn(3, 4, *size, dtype=torch.float64)
    problem = ModuleObjective(module, functional.cross_entropy, (inputs, torch.tensor([0, 1, 2])))
    tangents = Gaussian().draw(Weights().layout(problem), range(k), Keyed(1))
    expected = along(problem, tangents)
    torch.testing.assert_close(Jvp().take(Weights(), problem, tangents).values, expected)
    with torch.no_grad():  # the same by torch's forward mode, which takes other passes with these layers
        torch.testing.assert_close(take_several(Weights(), problem, tangents).values, expected)
        torch.testing.assert_close(take_one(Weights(), problem, tangents)[1], expected[0])


def test_no_tensor_is_saved_for_a_backward_pass() -> None:
    problem, saved = perceptron(), []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tensor)
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        values = [take(problem, k) for k in (1, 2)]
    assert saved == []
    assert not any(value.requires_grad for value in values)


def test_an_operation_without_forward_mode_is_a_missing_capability() -> None:
    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bag = nn.EmbeddingBag(8, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.bag(x)

    problem = ModuleObjective(Bag(), functional.cross_entropy, (torch.randint(0, 8, (4, 3)), torch.randint(0, 10, (4,))))
    for k in (1, 2):
        with pytest.raises(MissingCapability, match="needs jvp"):
            take(problem, k)


def test_a_parameter_the_loss_does_not_use_has_derivative_zero() -> None:
    module = nn.ModuleDict({"unused": nn.Linear(2, 2)})
    module.forward = lambda x: x
    assert take(objective(module, 4, 2, classes=2)).item() == 0


@pytest.mark.parametrize("drop", [torch.dropout, torch.alpha_dropout, functional.dropout], ids=["C++", "C++, alpha", "Python"])
def test_a_mask_asked_for_by_keywords_is_the_same_for_several_tangents(drop: Callable[..., Tensor]) -> None:
    class Dropping(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return drop(input=super().forward(x), p=0.5, **({} if drop is functional.dropout else {"train": True}))

    torch.manual_seed(0)
    problem = ModuleObjective(Dropping(4, 3), functional.mse_loss, (torch.randn(5, 4), torch.randn(5, 3)))
    tangents = Gaussian().draw(Weights().layout(problem), range(3), Keyed(1))
    derivatives = Jvp().take(Weights(), problem, tangents)
    torch.testing.assert_close(derivatives.values, along(problem, tangents))
