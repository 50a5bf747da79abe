"""Only chains whose layers do what their classes say are gone through without calling them, and with the same result."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.utils import parametrize, prune
from torch.overrides import TorchFunctionMode

from estimators.directional.derivatives.chain import KINDS, layers_of
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.pushforward import Moving
from estimators.directional.space import Tangents, Weights
from estimators.objective import ModuleObjective


def plain() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Sequential(nn.Linear(5, 4), nn.Dropout().eval()), nn.Linear(4, 3))


def tangents(objective: ModuleObjective, k: int) -> Tangents:
    return {name: torch.randn(k, *p.shape, dtype=p.dtype) for name, p in objective.parameters.items()}


def objective_of(module: nn.Module) -> ModuleObjective:
    """The mean square of a module's distance from random targets."""
    batch = torch.randn(7, 6, dtype=torch.float64), torch.randn(7, 3, dtype=torch.float64)
    return ModuleObjective(module.double(), nn.functional.mse_loss, batch)


def check(objective: ModuleObjective, k: int) -> None:
    """The derivatives are those of backprop."""
    moved = tangents(objective, k)
    loss = objective.loss()
    gradients = torch.autograd.grad(loss, list(objective.parameters.values()), materialize_grads=True)
    expected = sum(moved[name].flatten(1) @ slope.flatten() for name, slope in zip(moved, gradients, strict=True))
    for _ in range(2):
        found = Jvp().take(Weights(), objective, moved)
        torch.testing.assert_close(found.values, expected)
        torch.testing.assert_close(found.loss, loss.detach())


class Seen(TorchFunctionMode):
    """The functions of torch that are called, and whether with stand-ins."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: list[tuple[Callable, bool]] = []

    def __torch_function__(self, func: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.functions.append((func, Moving in types))
        return func(*args, **(kwargs or {}))


class Halved(nn.Linear):
    """A linear layer with a pass of its own."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / 2


class Backwards(nn.Sequential):
    """A chain that is gone through otherwise."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(-x)


def with_a_hook() -> nn.Module:
    module = plain()
    module[2][0].register_forward_hook(lambda layer, inputs, output: 2 * output)
    return module


def with_a_hook_before() -> nn.Module:
    module = plain()
    module.register_forward_pre_hook(lambda layer, inputs: (inputs[0] * 2,))
    return module


def with_a_method_of_its_own() -> nn.Module:
    module = plain()
    layer = module[0]
    layer.forward = lambda x: nn.functional.linear(x, layer.weight)
    return module


def with_a_parametrised_weight() -> nn.Module:
    module = plain()
    parametrize.register_parametrization(module[0], "weight", nn.Tanh())
    return module


def with_a_pruned_weight() -> nn.Module:
    module = plain()
    prune.random_unstructured(module[0], "weight", 0.5)
    return module


def with_a_weight_that_is_no_parameter() -> nn.Module:
    module = plain()
    weight = module[0].weight.detach().double()
    del module[0].weight
    module[0].weight = weight
    return module


def with_a_tensor_in_front_of_a_parameter() -> nn.Module:
    module = plain()
    vars(module[0])["weight"] = module[0].weight.detach().double() * 2
    return module


OTHERWISE: dict[str, Callable[[], nn.Module]] = {
    "a hook": with_a_hook,
    "a hook before": with_a_hook_before,
    "a method of its own": with_a_method_of_its_own,
    "a parametrised weight": with_a_parametrised_weight,
    "a pruned weight": with_a_pruned_weight,
    "a weight that is no parameter": with_a_weight_that_is_no_parameter,
    "a tensor in front of a parameter": with_a_tensor_in_front_of_a_parameter,
    "a layer derived from another": lambda: nn.Sequential(Halved(6, 3), nn.Tanh()),
    "a chain derived from another": lambda: Backwards(*plain()),
    "a layer without a rule": lambda: nn.Sequential(nn.Linear(6, 3), nn.Sigmoid()),
}


@pytest.mark.parametrize("k", [1, 3])
def test_plain_layers_are_gone_through_in_order(k: int) -> None:
    module = plain()
    layers = layers_of(module)
    assert layers is not None
    assert [layer for layer, _ in layers] == [module[0], module[1], module[2][0], module[2][1], module[3]]
    check(objective_of(module), k)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("what", OTHERWISE)
def test_what_does_anything_else_is_called(what: str, k: int) -> None:
    torch.manual_seed(0)
    module = OTHERWISE[what]()
    assert layers_of(module) is None
    check(objective_of(module), k)


@pytest.mark.parametrize("register", [register_module_forward_hook, register_module_forward_pre_hook])
def test_a_hook_on_all_modules_sees_every_layer(register: Callable) -> None:
    objective, seen = objective_of(plain()), []

    def note(layer: nn.Module, *_: object) -> None:
        seen.append(layer)

    handle = register(note)
    try:
        assert layers_of(objective.module) is None
        Jvp().take(Weights(), objective, tangents(objective, 1))
    finally:
        handle.remove()
    assert set(seen) == set(objective.module.modules())
    assert layers_of(objective.module) is not None


@contextmanager
def doubled(cls: type[nn.Module]) -> Iterator[None]:
    """What a class does when it is called, twice as much of it."""
    before = cls.forward
    cls.forward = lambda layer, x: 2 * before(layer, x)
    try:
        yield
    finally:
        cls.forward = before


@pytest.mark.parametrize("cls", [nn.Linear, nn.Tanh, nn.Sequential])
def test_a_class_whose_method_was_replaced_is_called(cls: type[nn.Module]) -> None:
    with doubled(cls):
        assert layers_of(plain()) is None
        check(objective_of(plain()), 1)


def test_a_layer_that_does_otherwise_from_now_on_is_called_from_now_on() -> None:
    objective = objective_of(plain())
    check(objective, 1)
    objective.module[0].register_forward_hook(lambda layer, inputs, output: 2 * output)
    check(objective, 1)


@pytest.mark.parametrize("k", [1, 3])
def test_a_parameter_that_another_took_the_place_of_still_moves(k: int) -> None:
    """The objective puts what it is given into the places that it knows."""
    objective = objective_of(plain())
    layer, before = objective.module[0], objective.module[0].weight
    moved = tangents(objective, k)
    expected = Jvp().take(Weights(), objective, moved)
    layer.weight = nn.Parameter(torch.zeros_like(before))
    found = Jvp().take(Weights(), objective, moved)
    torch.testing.assert_close(found.values, expected.values)
    torch.testing.assert_close(found.loss, expected.loss)


@pytest.mark.parametrize("k", [1, 3])
def test_the_point_is_the_one_that_the_space_says(k: int) -> None:
    objective, other = objective_of(plain()), objective_of(plain())
    moved, space = tangents(objective, k), Weights()
    vars(space)["point"] = lambda _: Weights().point(other)  # as executions give their graphs' inputs
    assert layers_of(objective.module) is not None
    other.inputs, other.targets = objective.inputs, objective.targets
    torch.testing.assert_close(Jvp().take(space, objective, moved), Jvp().take(Weights(), other, moved))


@pytest.mark.parametrize("k", [1, 3])
def test_torchs_own_loss_is_taken_by_its_rule_alone(k: int) -> None:
    objective = objective_of(plain())
    with Seen() as seen:
        Jvp().take(Weights(), objective, tangents(objective, k))
    assert (nn.functional.mse_loss, False) in seen.functions
    assert not any(with_stand_in for _, with_stand_in in seen.functions)


@pytest.mark.parametrize("k", [1, 3])
def test_a_loss_function_that_takes_the_place_of_torchs_is_called_from_now_on(k: int) -> None:
    objective, calls = objective_of(plain()), []
    check(objective, k)

    def threefold(output: Tensor, targets: Tensor) -> Tensor:
        calls.append(type(output))
        return nn.functional.mse_loss(output, targets) * 3

    objective.loss_function = threefold
    check(objective, k)
    assert calls == [Tensor, Moving, Moving]  # of the check's own loss, and of two derivatives


@pytest.mark.parametrize("k", [1, 3])
def test_tied_layers_move_together(k: int) -> None:
    module = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.Linear(6, 3))
    module[2].weight = module[0].weight
    assert layers_of(module) is not None
    check(objective_of(module), k)
    again = nn.Sequential(layer := nn.Linear(6, 6), nn.Tanh(), layer, nn.Linear(6, 3))
    check(objective_of(again), k)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("inplace", [False, True])
def test_rectifiers_write_over_nothing_but_what_their_chain_has_made(inplace: bool, k: int) -> None:
    module = nn.Sequential(nn.ReLU(), nn.Linear(6, 70), nn.ReLU(inplace), nn.ReLU(), nn.Linear(70, 3), nn.ReLU(inplace))
    objective = objective_of(module)
    moved = tangents(objective, k)
    kept = [objective.inputs, objective.targets, *objective.parameters.values(), *moved.values()]
    before = [tensor.detach().clone() for tensor in kept]
    Jvp().take(Weights(), objective, moved)
    assert all(map(torch.equal, kept, before))
    check(objective, k)


def test_layers_that_do_not_move_are_called_as_they_are() -> None:
    module = nn.Sequential(nn.Linear(6, 6).requires_grad_(False), nn.ReLU(inplace=True), nn.Linear(6, 3))
    assert layers_of(module) is not None
    check(objective_of(module), 1)


def test_a_random_mask_that_nothing_moves_before_is_the_objectives() -> None:
    check(objective_of(nn.Sequential(nn.Dropout(), nn.Linear(6, 3))), 1)


def test_a_single_layer_is_a_chain() -> None:
    layers = layers_of(nn.Linear(6, 3))
    assert layers is not None
    assert len(layers) == 1
    check(objective_of(nn.Linear(6, 3)), 1)


@pytest.mark.parametrize("cls", KINDS)
def test_kinds_know_what_their_layers_own(cls: type[nn.Module]) -> None:
    own = {nn.Linear: (2, 3), nn.MaxPool2d: (2,)} | dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), (2, 3, 2))
    layers = layers_of(cls(*own.get(cls, ())))
    assert layers is not None
