"""Tangents pushed forward by rules give what backprop gives, and whatever has no rule is left to torch's forward mode."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.func import grad
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from estimators.directional.derivatives.dual import take_one
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.pushed import Pushed
from estimators.directional.derivatives.pushforward import Moving, push
from estimators.directional.space import Tangents, Weights
from estimators.objective import FunctionObjective, ModuleObjective, Objective

ROWS, IMAGES = (5, 6), (3, 2, 6, 6)
WIDE = 70
"""Outputs of a linear layer that is not taken for a narrow one."""


class Called(nn.Module):
    """A module of one weight and a function of (input, weight)."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], *shape: int) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.randn(shape))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.weight)


def problem(layers: list[nn.Module], shape: tuple[int, ...] = ROWS, loss: Callable[..., Tensor] | None = None) -> ModuleObjective:
    """The mean square of the layers' outputs, or another loss, in float64."""
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64)
    module = nn.Sequential(*layers).double()
    targets = torch.randn_like(module(x)).detach() if loss is None else torch.arange(len(x)) % 3
    return ModuleObjective(module, functional.mse_loss if loss is None else loss, (x, targets))


def tangents(objective: Objective, k: int) -> Tangents:
    torch.manual_seed(1)
    return {name: torch.randn(k, *p.shape, dtype=p.dtype) for name, p in objective.parameters.items()}


def pushed(objective: Objective, k: int) -> Any:
    with torch.no_grad():
        return push(Weights(), objective, tangents(objective, k))


def by_backprop(objective: Objective, k: int) -> Tensor:
    moved = tangents(objective, k)
    gradients = torch.autograd.grad(objective.loss(), list(objective.parameters.values()), materialize_grads=True)
    slopes = dict(zip(objective.parameters, gradients, strict=True))
    return sum((moved[name].flatten(1) @ slopes[name].flatten() for name in moved), torch.zeros(k, dtype=torch.float64))


def frozen(layer: nn.Module, *names: str) -> nn.Module:
    for name in names:
        getattr(layer, name).requires_grad_(False)
    return layer


def chain(activations: list[nn.Module]) -> list[nn.Module]:
    """Activations of many numbers, each after a linear layer."""
    return [layer for number, last in enumerate(activations) for layer in (nn.Linear(WIDE if number else 6, WIDE), last)]


def equal(layer: nn.Module) -> nn.Module:
    """A layer of equal outputs, each of which moves otherwise."""
    nn.init.zeros_(layer.weight)
    nn.init.ones_(layer.bias)
    return layer


MODELS: dict[str, Callable[[], ModuleObjective]] = {
    "narrow": lambda: problem([nn.Linear(6, 4), nn.Linear(4, 3)]),
    "wide": lambda: problem([nn.Linear(6, WIDE), nn.Linear(WIDE, WIDE), nn.Linear(WIDE, 3)]),
    "no biases": lambda: problem(
        [nn.Linear(6, WIDE, bias=False), nn.Linear(WIDE, WIDE, bias=False), nn.Linear(WIDE, 3, bias=False)]
    ),
    "frozen weights": lambda: problem(
        [nn.Linear(6, WIDE), frozen(nn.Linear(WIDE, WIDE), "weight"), frozen(nn.Linear(WIDE, 3), "weight")]
    ),
    "frozen biases": lambda: problem([frozen(nn.Linear(6, WIDE), "bias"), frozen(nn.Linear(WIDE, 3), "bias"), nn.Linear(3, 3)]),
    "frozen layers between": lambda: problem(
        [nn.Linear(6, 4), frozen(nn.Linear(4, WIDE), "weight", "bias"), frozen(nn.Linear(WIDE, 3, bias=False), "weight")]
    ),
    "only the first bias": lambda: problem([frozen(nn.Linear(6, WIDE), "weight"), frozen(nn.Linear(WIDE, 3), "weight", "bias")]),
    "activations": lambda: problem([nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 4), nn.GELU()]),
    "activations of many": lambda: problem(
        [*chain([nn.ReLU(), nn.Tanh(), nn.GELU(), nn.Dropout().eval(), nn.ReLU()]), nn.Linear(WIDE, 3)]
    ),
    "activations of many, of one sample": lambda: problem([*chain([nn.ReLU(), nn.Tanh()]), nn.Linear(WIDE, 3)], (1, 6)),
    "read twice": lambda: problem(
        [nn.Linear(6, WIDE), Called(lambda x, w: functional.linear(functional.relu(x), torch.tanh(x)) * 2, 1), nn.Linear(5, 3)]
    ),
    "the other GELU": lambda: problem([nn.Linear(6, 5), nn.GELU(approximate="tanh")]),
    "convolutions": lambda: problem([nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 4, 2, stride=2)], IMAGES),
    "dilated, no biases": lambda: problem([nn.Conv2d(2, 3, 2, dilation=2, bias=False), nn.Conv2d(3, 2, 3, bias=False)], IMAGES),
    "circular padding of data": lambda: problem(
        [nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"), nn.ReLU(), nn.Conv2d(3, 2, 1)], IMAGES
    ),
    "frozen convolutions": lambda: problem(
        [frozen(nn.Conv2d(2, 3, 3), "bias"), frozen(nn.Conv2d(3, 4, 2), "weight"), frozen(nn.Conv2d(4, 2, 1), "weight", "bias")],
        IMAGES,
    ),
    "convolutions of a line": lambda: problem([nn.Conv1d(2, 3, 3), nn.Conv1d(3, 2, 2)], (4, 2, 9)),
    "convolutions of a volume": lambda: problem([nn.Conv3d(2, 3, 2), nn.Conv3d(3, 2, 2)], (2, 2, 4, 4, 4)),
    "pooling": lambda: problem(
        [nn.Conv2d(2, 3, 3), nn.MaxPool2d(2), nn.Conv2d(3, 3, 1), nn.MaxPool2d(2, stride=1, padding=1), nn.Flatten()], IMAGES
    ),
    "pooling of many channels": lambda: problem(
        [nn.Conv2d(2, 9, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(9, 8, 1), nn.MaxPool2d(2, ceil_mode=True), nn.Flatten()],
        IMAGES,
    ),
    "pooling of equal numbers": lambda: problem([equal(nn.Conv2d(2, 8, 3)), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()], IMAGES),
    "reshapes": lambda: problem(
        [nn.Linear(6, 12), Called(lambda x, w: torch.reshape(x, (5, 3, 4)).flatten(1).view(5, 2, 6) * 0.5, 1), nn.Linear(6, WIDE)]
    ),
    "a number of one": lambda: problem(
        [nn.Linear(6, 1)], (1, 6), loss=lambda x, y: functional.mse_loss(x.reshape(()) * 2, y.double().reshape(()))
    ),
    "dropout that is off": lambda: problem([nn.Linear(6, 5), nn.Dropout().eval(), nn.Linear(5, 3)]),
    "a scaled loss": lambda: problem(
        [nn.Linear(6, 4)], loss=lambda x, y: torch.mul(3 * functional.cross_entropy(x, y), other=2.0)
    ),
    "cross-entropy": lambda: problem([nn.Linear(6, 4)], loss=functional.cross_entropy),
    "cross-entropy, some ignored": lambda: problem(
        [nn.Linear(6, 4)], loss=lambda x, y: functional.cross_entropy(x, y, ignore_index=1, reduction="sum")
    ),
    "cross-entropy, mean of those left": lambda: problem(
        [nn.Linear(6, 4)], loss=lambda x, y: functional.cross_entropy(x, y, ignore_index=1)
    ),
    "squares": lambda: problem(
        [nn.Linear(6, 1)], loss=lambda x, y: functional.mse_loss(x.flatten(), y.double(), reduction="sum")
    ),
}
"""Made of what has rules."""


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("hooked", [False, True], ids=["as it is", "module by module"])
@pytest.mark.parametrize("model", MODELS)
def test_rules_give_what_backprop_gives(model: str, hooked: bool, k: int) -> None:
    objective = MODELS[model]()
    if hooked:
        objective.module.register_forward_hook(lambda module, inputs, output: None)
    found = pushed(objective, k)
    assert found is not None
    torch.testing.assert_close(found.loss, objective.loss().detach(), rtol=1e-14, atol=0)  # convolutions add up as memory lies
    torch.testing.assert_close(found.values, by_backprop(objective, k))
    assert found.values.shape == (k,)


@pytest.mark.parametrize("k", [1, 3])
def test_of_samples_that_are_all_left_out_there_is_no_mean_and_the_derivative_is_that_of_backprop(k: int) -> None:
    objective = problem([nn.Linear(6, 4)], loss=lambda x, y: functional.cross_entropy(x, torch.full_like(y, 9), ignore_index=9))
    found = pushed(objective, k)
    assert found is not None
    assert found.loss.isnan()
    torch.testing.assert_close(found.values, by_backprop(objective, k), equal_nan=True)


@torch.jit.script
def scripted(x: Tensor) -> Tensor:
    """TorchScript calls operations past torch's functions."""
    return torch.tanh(x) * 2.0


WITHOUT_RULES: dict[str, Callable[[], Objective]] = {
    "a norm between linear layers": lambda: problem([nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 4)]),
    "several in a list": lambda: problem(
        [Called(lambda x, w: torch.cat([x @ w, x, (x @ w).exp()], dim=1), 6, 2), nn.Linear(10, 2)]
    ),
    "several results": lambda: problem([Called(lambda x, w: sum((x @ w).split(2, dim=1)), 6, 4), nn.Linear(2, 2)]),  # type: ignore[arg-type]
    "a sample at a time": lambda: problem([Called(lambda x, w: torch.stack([functional.linear(row, w) for row in x]), 3, 6)]),
    "a loss with weights": lambda: problem(
        [nn.Linear(6, 4)], loss=lambda x, y: functional.cross_entropy(x, y, torch.arange(1.0, 5, dtype=x.dtype))
    ),
    "smoothed labels": lambda: problem([nn.Linear(6, 4)], loss=lambda x, y: functional.cross_entropy(x, y, label_smoothing=0.1)),
    "class probabilities": lambda: problem(
        [nn.Linear(6, 4)], loss=lambda x, y: functional.cross_entropy(x, torch.eye(4, dtype=x.dtype)[y])
    ),
    "groups": lambda: problem([nn.Conv2d(2, 4, 3, groups=2), nn.Conv2d(4, 4, 2, groups=4)], IMAGES),
    "circular padding": lambda: problem([nn.Conv2d(2, 3, 1), nn.Conv2d(3, 3, 3, padding=1, padding_mode="circular")], IMAGES),
    "pooling that tells where": lambda: problem(
        [nn.Conv2d(2, 3, 3), Called(lambda x, w: functional.max_pool2d(x, 2, return_indices=True)[0] * w, 1)], IMAGES
    ),
    "a script function": lambda: problem([nn.Linear(6, 3), Called(lambda x, w: scripted(x) * w, 1)]),
    "keywords": lambda: problem([Called(lambda x, w: functional.linear(input=x, weight=w), 3, 6)]),
    "a bias for each sample": lambda: problem([Called(lambda x, w: functional.linear(x, x[:3], w), 5, 3)]),
    "a product of two that move": lambda: problem([Called(lambda x, w: functional.linear(x, w) * functional.linear(x, w), 3, 6)]),
    "dropped units": lambda: problem([nn.Linear(6, 5), nn.Dropout(), nn.Linear(5, 3)]),
    "no samples": lambda: problem([nn.Linear(6, 3)], (0, 6), loss=lambda x, y: functional.cross_entropy(x, y, reduction="sum")),
    "a number of its own": lambda: problem([Called(lambda x, w: x @ w * float((x @ w).max() > 0), 6, 2)]),
    "a function": lambda: FunctionObjective(lambda x: ((x[1:] - x[:-1] ** 2) ** 2).sum(), torch.linspace(-1, 1, 5).double()),
}


@pytest.mark.parametrize("k", [1, 3])
def test_a_loss_that_uses_no_parameter_does_not_move(k: int) -> None:
    objective = FunctionObjective(lambda x: torch.tensor(2.0, dtype=x.dtype), torch.ones(3).double())
    found = pushed(objective, k)
    assert (found.loss, found.values.tolist()) == (2.0, [0.0] * k)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("model", WITHOUT_RULES)
def test_what_has_no_rule_is_differentiated_by_torch(model: str, k: int) -> None:
    objective = WITHOUT_RULES[model]()
    for _ in range(2):  # the first finds out how
        found = Jvp().take(Weights(), objective, tangents(objective, k))
        torch.testing.assert_close(found.loss, objective.loss().detach())
        torch.testing.assert_close(found.values, by_backprop(objective, k))


@pytest.mark.parametrize("k", [1, 3])
def test_that_there_is_no_rule_is_found_out_once(k: int) -> None:
    objective = WITHOUT_RULES["a norm between linear layers"]()
    seen: list[Any] = []
    objective.module.register_forward_pre_hook(lambda module, arguments: seen.append(module))  # type: ignore[attr-defined]
    for _ in range(3):
        Jvp().take(Weights(), objective, tangents(objective, k))
    assert len(seen) == 4


class Tripled(Function):
    """Doubles what it is given, and says of itself that it triples."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return 2 * x

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def jvp(ctx: Any, moved: Tensor) -> Tensor:
        return 3 * moved


def inner_gradient(x: Tensor, w: Tensor) -> Tensor:
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        return torch.autograd.grad(functional.linear(at, w).tanh().sum(), at, create_graph=True)[0]


LEFT_TO_DUALS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "a rule of its own": lambda x, w: Tripled.apply(functional.linear(x, w)),
    "its own gradient": inner_gradient,
    "a transform": lambda x, w: grad(lambda at: functional.linear(at, w).tanh().sum())(x),
    "writing in place": lambda x, w: functional.linear(x, w).mul_(2).relu_(),
    "an activation in place": lambda x, w: functional.relu(functional.linear(x, w), inplace=True),
    "writing to a part": lambda x, w: _with_a_row_doubled(functional.linear(x, w)),
}


def _with_a_row_doubled(x: Tensor) -> Tensor:
    x[0] = 2 * x[1]
    return x


@pytest.mark.parametrize("model", LEFT_TO_DUALS)
def test_a_model_that_writes_or_differentiates_by_itself_is_left_to_dual_tensors(model: str) -> None:
    objective = problem([Called(LEFT_TO_DUALS[model], 6, 6)])
    assert pushed(objective, 1) is None
    moved = tangents(objective, 1)
    found = Jvp().take(Weights(), objective, moved)
    with torch.no_grad():
        loss, derivative = take_one(Weights(), objective, moved)
    assert torch.equal(found.loss, loss)
    assert torch.equal(found.values, derivative.unsqueeze(0))


def test_autocast_is_left_to_torch() -> None:
    def narrowed(x: Tensor, w: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return functional.linear(x, w)

    torch.manual_seed(0)
    module = Called(narrowed, 6, 6)
    objective = ModuleObjective(module, lambda y, t: (y.float() * t).sum(), (torch.randn(5, 6), torch.randn(5, 6)))
    moved = tangents(objective, 1)
    found = Jvp().take(Weights(), objective, moved)
    with torch.no_grad():
        loss, derivative = take_one(Weights(), objective, moved)
    assert torch.equal(found.loss, loss)
    torch.testing.assert_close(found.values[0], derivative)


def test_an_operation_counter_sees_the_products_that_there_are() -> None:
    objective = problem([nn.Linear(6, WIDE), nn.ReLU(), nn.Linear(WIDE, 3)])
    with FlopCounterMode(display=False) as counter:
        assert pushed(objective, 1) is not None
    first, second = (2 * 5 * 6 * WIDE, 2 * 5 * WIDE * 3)
    assert counter.get_total_flops() == 2 * first + 3 * second


def test_what_describes_a_tensor_that_moves_is_the_tensors_own() -> None:
    value = torch.randn(4, 3, dtype=torch.float64)
    moving = Moving(Pushed(value, torch.ones_like(value)))
    described = (
        moving.shape,
        moving.dtype,
        moving.device,
        moving.dim(),
        moving.size(1),
        len(moving),
        moving.numel(),
        moving.ndim,
    )
    assert described == (value.shape, value.dtype, value.device, 2, 3, 4, 12, 2)
    assert isinstance(moving, Tensor)
    assert not moving.requires_grad
