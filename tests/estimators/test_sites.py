"""Outputs are met wherever a module returns them, hooks leave with the context, and a pullback of dL/dz is the gradient."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.contract.snapshot import changes, snapshot
from estimators.objective import MissingCapability, ModuleObjective, WithKnownGradient
from estimators.sites import moved, of_module, pulled_back, visited
from tests.awkward_models import WORKING, objective

CPU = torch.device("cpu")


class Several(nn.Module):
    """A layer that returns two tensors within a dictionary and a tuple, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self, x: Tensor) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
        return {"both": (x * self.weight, torch.arange(3), x + self.weight)}


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.several, self.layer = Several(), nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        product, _, total = self.several(x)["both"]
        return self.layer(self.layer(product)) + total


def problem(module: nn.Module) -> ModuleObjective:
    return ModuleObjective(module, functional.mse_loss, (torch.ones(3, 2), torch.zeros(3, 2)))


def names(of: ModuleObjective) -> list[str]:
    seen: list[str] = []

    def see(name: str, output: Tensor) -> Tensor:
        seen.append(name)
        return output

    with visited(of, see):
        of.loss()
    return seen


def test_every_tensor_of_every_call_has_a_name() -> None:
    assert names(problem(Model())) == ["several", "several/0/2", "layer", "layer/1/0"]


def test_what_is_added_to_an_output_reaches_the_loss() -> None:
    model = problem(nn.Sequential(nn.Linear(2, 2), nn.Flatten()))
    with torch.no_grad():
        outputs = model.module(model.inputs)
        with moved(model, {"0": torch.ones(2)}):
            found = model.loss()
    torch.testing.assert_close(found, (outputs + 1).square().mean())


def test_hooks_leave_with_the_context_also_after_an_exception() -> None:
    model = problem(Model())
    before = snapshot(model, CPU)

    def fail(name: str, output: Tensor) -> Tensor:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"), visited(model, fail):
        model.loss()
    assert changes(before, snapshot(model, CPU)) == []


@pytest.mark.parametrize(
    "kind", ["batch norm", "multi-head attention", "tied and frozen", "LSTM", "convolution, batch norm, ReLU in place"]
)
def test_the_derivatives_by_all_outputs_are_pulled_back_to_the_gradient(kind: str) -> None:
    model = objective(kind)
    before, names_of_outputs, added = snapshot(model, CPU), names(model), {}

    def add(name: str, output: Tensor) -> Tensor:
        added[name] = torch.zeros_like(output, requires_grad=True)
        return output + added[name]

    with torch.enable_grad(), visited(model, add):
        slopes = torch.autograd.grad(model.loss(), list(added.values()), materialize_grads=True)
    found = pulled_back(model, dict(zip(names_of_outputs, slopes, strict=True)))
    expected = torch.autograd.grad(model.loss(), list(model.parameters.values()))
    for one, other in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(one, other)
    assert changes(before, snapshot(model, CPU)) == []


def test_another_number_of_outputs_than_cotangents_is_refused() -> None:
    model = problem(nn.Linear(2, 2))
    with pytest.raises(
        MissingCapability, match="needs sites: the outputs of a model must be the same at every pass; 'other' is not"
    ):
        pulled_back(model, {"": torch.ones(3, 2), "other": torch.ones(3, 2)})


def test_a_known_gradient_around_a_model_hides_no_outputs() -> None:
    model = problem(nn.Linear(2, 2))
    assert of_module(WithKnownGradient(model, torch.zeros(()), {})) is model


def test_all_models_at_hand_have_outputs() -> None:
    assert all(names(objective(kind)) for kind in WORKING)
