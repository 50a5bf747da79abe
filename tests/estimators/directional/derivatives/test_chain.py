"""Only chains whose layers do what their classes say are gone through without calling them, and with the same result."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.utils import parametrize, prune

from estimators.directional.derivatives.chain import KINDS, layers_of
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.space import Tangents, Weights
from estimators.objective import ModuleObjective


def plain() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Sequential(nn.Linear(5, 4), nn.Dropout().eval()), nn.Linear(4, 3))


def tangents(objective: ModuleObjective, k: int) -> Tangents:
    return {name: torch.randn(k, *p.shape, dtype=p.dtype) for name, p in objective.parameters.items()}


def check(module: nn.Module, k: int) -> None:
    """The derivatives of a module's mean square are those of backprop."""
    module.double()
    objective = ModuleObjective(
        module, nn.functional.mse_loss, (torch.randn(7, 6).double(), torch.randn(7, 3, dtype=torch.float64))
    )
    moved = tangents(objective, k)
    loss = objective.loss()
    gradients = torch.autograd.grad(loss, list(objective.parameters.values()), materialize_grads=True)
    expected = sum(moved[name].flatten(1) @ slope.flatten() for name, slope in zip(moved, gradients, strict=True))
    for _ in range(2):
        found = Jvp().take(Weights(), objective, moved)
        torch.testing.assert_close(found.values, expected)
        torch.testing.assert_close(found.loss, loss.detach())


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


OTHERWISE: dict[str, Callable[[], nn.Module]] = {
    "a hook": with_a_hook,
    "a hook before": with_a_hook_before,
    "a method of its own": with_a_method_of_its_own,
    "a parametrised weight": with_a_parametrised_weight,
    "a pruned weight": with_a_pruned_weight,
    "a weight that is no parameter": with_a_weight_that_is_no_parameter,
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
    check(module, k)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("what", OTHERWISE)
def test_what_does_anything_else_is_called(what: str, k: int) -> None:
    torch.manual_seed(0)
    module = OTHERWISE[what]()
    assert layers_of(module) is None
    check(module, k)


@pytest.mark.parametrize("register", [register_module_forward_hook, register_module_forward_pre_hook])
def test_a_hook_on_all_modules_sees_every_layer(register: Callable) -> None:
    seen: list[nn.Module] = []

    def note(layer: nn.Module, *_: object) -> None:
        seen.append(layer)

    module = plain()
    handle = register(note)
    try:
        check(module, 1)
    finally:
        handle.remove()
    assert set(seen) == set(module.modules())
    assert layers_of(module) is not None


@contextmanager
def doubled(cls: type[nn.Module]) -> Iterator[None]:
    """What a class does when it is called, twice as much of it."""
    before = cls.forward
    cls.forward = lambda layer, x: 2 * before(layer, x)
    try:
        yield
    finally:
        cls.forward = before


def test_a_class_whose_method_was_replaced_is_called() -> None:
    with doubled(nn.Linear):
        assert layers_of(plain()) is None
        check(plain(), 1)


def test_a_layer_that_is_called_otherwise_from_now_on_is_called_from_now_on() -> None:
    module = plain()
    check(module, 1)
    module[0].register_forward_hook(lambda layer, inputs, output: 2 * output)
    check(module, 1)


@pytest.mark.parametrize("k", [1, 3])
def test_tied_layers_move_together(k: int) -> None:
    module = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.Linear(6, 3))
    module[2].weight = module[0].weight
    assert layers_of(module) is not None
    check(module, k)
    again = nn.Sequential(layer := nn.Linear(6, 6), nn.Tanh(), layer, nn.Linear(6, 3))
    check(again, k)


def test_layers_that_do_not_move_are_called_as_they_are() -> None:
    module = nn.Sequential(nn.Linear(6, 6).requires_grad_(False), nn.ReLU(inplace=True), nn.Linear(6, 3))
    assert layers_of(module) is not None
    check(module, 1)


def test_a_random_mask_that_nothing_moves_before_is_the_objectives() -> None:
    check(nn.Sequential(nn.Dropout(), nn.Linear(6, 3)), 1)


def test_a_single_layer_is_a_chain() -> None:
    layers = layers_of(nn.Linear(6, 3))
    assert layers is not None
    assert len(layers) == 1
    check(nn.Linear(6, 3), 1)


@pytest.mark.parametrize("cls", KINDS)
def test_kinds_know_what_their_layers_own(cls: type[nn.Module]) -> None:
    own = {nn.Linear: (2, 3), nn.MaxPool2d: (2,)} | dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), (2, 3, 2))
    layers = layers_of(cls(*own.get(cls, ())))
    assert layers is not None
