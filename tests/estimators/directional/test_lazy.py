"""Lazily drawn tangents give the forward gradient of tangents that are held, wherever a model uses its parameters.

The tangents are the same to the bit; what differs in its last bits is the derivative, whose products are added up otherwise.

Figures of memory are in `tests/benchmarks/harness/test_lazy_memory.py`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.directional.directions.sphere import Sphere
from estimators.directional.lazy import LazyForwardGradient
from estimators.estimator import Estimate, Estimator
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective, Objective
from estimators.registry import ESTIMATORS
from tests.awkward_models import REFUSED, WORKING, objective

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def flags_stay() -> Iterator[None]:
    """Whatever a test does, oneDNN is as before."""
    before = torch.backends.mkldnn.enabled
    yield
    assert torch.backends.mkldnn.enabled == before


def estimate(estimator: Estimator, problem: Objective) -> Estimate:
    return estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(7))[0]


def pair(problem: Objective, parameters: str = "") -> tuple[Estimate, Estimate]:
    """From tangents that are held, and from lazily drawn ones."""
    held, lazy = (ESTIMATORS.build(name + parameters) for name in ("forward-gradient", "lazy-forward-gradient"))
    return estimate(held, problem), estimate(lazy, problem)


def assert_same(held: Estimate, lazy: Estimate) -> None:
    torch.testing.assert_close(lazy.loss, held.loss)
    torch.testing.assert_close(lazy.gradient, held.gradient)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("kind", WORKING)
def test_awkward_models_give_the_same_estimate_and_are_left_alone(kind: str, dtype: torch.dtype) -> None:
    problem = objective(kind, dtype)
    before = {name: tensor.clone() for name, tensor in problem.module.state_dict().items() if isinstance(tensor, Tensor)}
    assert_same(*pair(problem))
    assert all(torch.equal(problem.module.state_dict()[name], tensor) for name, tensor in before.items())


@pytest.mark.parametrize("law", ["rademacher", "sparse"])
def test_other_laws_give_the_same_estimate(law: str) -> None:
    assert_same(*pair(objective("tied and frozen", torch.float32), f"[directions={law}]"))


class ReadsElsewhere(nn.Module):
    """Uses one layer's weight transposed for another, reads a weight twice, and a bare parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.scale = nn.Linear(4, 3), nn.Parameter(torch.tensor(0.7))

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x).tanh() * self.scale
        return functional.linear(hidden, self.first.weight.t()) + functional.linear(hidden.exp(), self.first.weight.t())


def problem_of(module: nn.Module) -> ModuleObjective:
    x = torch.randn((5, 4), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return ModuleObjective(module.double(), functional.mse_loss, (x, torch.zeros_like(x)))


def test_a_parameter_used_outside_of_its_module_and_several_times_has_one_tangent() -> None:
    assert_same(*pair(problem_of(ReadsElsewhere())))


def test_functions_have_no_modules_at_all() -> None:
    point = torch.linspace(-1, 1, 12, dtype=torch.float64)
    assert_same(*pair(FunctionObjective(lambda x: ((x[1:] - x[:-1] ** 2) ** 2).sum() + x.prod(), point)))


def test_several_tangents_give_their_mean() -> None:
    held, lazy = pair(problem_of(ReadsElsewhere()), "[k=5]")
    for name, tensor in lazy.items():
        torch.testing.assert_close(tensor, held.gradient[name])


class Scaled(torch.autograd.Function):
    """X w with derivatives for both modes: forward mode asks it for its own, and tells it of the tangents at the call."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_forward(x, weight)
        return x * weight

    @staticmethod
    def jvp(ctx: Any, x_tangent: Tensor, weight_tangent: Tensor) -> Tensor:
        x, weight = ctx.saved_tensors
        return x * weight_tangent + x_tangent * weight


class UsesFunction(nn.Module):
    """Hands its parameter to an `autograd.Function`."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, x: Tensor) -> Tensor:
        return Scaled.apply(x, self.weight)


def test_a_parameter_of_an_autograd_function_is_refused_by_name_rather_than_left_out() -> None:
    with pytest.raises(MissingCapability, match=r"autograd\.Function Scaled in layer '1' \(UsesFunction\)"):
        estimate(LazyForwardGradient(), problem_of(nn.Sequential(nn.Linear(4, 4), UsesFunction())))


@pytest.mark.parametrize("kind", REFUSED)
def test_what_forward_mode_cannot_differentiate_is_refused_by_name(kind: str) -> None:
    with pytest.raises(MissingCapability, match=f"needs jvp: {REFUSED[kind][1]}"):
        estimate(LazyForwardGradient(), objective(kind, torch.float32))


def test_what_is_declared_is_that_of_the_estimate_from_held_tangents_but_for_costs() -> None:
    shapes = {"w": (3, 4), "b": (3,)}
    held = vars(ESTIMATORS.build("forward-gradient[k=3]").declaration(shapes, 8))
    declared = vars(LazyForwardGradient(k=3).declaration(shapes, 8))
    changed = {name: value for name, value in declared.items() if value != held[name]}
    assert changed == {"memory": "layer", "forward_multiple": 6.0, "forward_calls": 3}


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="k must be 1 or more, got 0"):
        LazyForwardGradient(k=0)
    with pytest.raises(ValueError, match="'sphere' does not"):
        LazyForwardGradient(directions=Sphere())
