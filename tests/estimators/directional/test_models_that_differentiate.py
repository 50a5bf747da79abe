"""Models that differentiate, transform or cast what they compute: a force, a penalty on a gradient, `vmap`, autocast.

The oracle is the gradient by reverse mode through all of it, times the tangents that were used.
"""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.directional.activations import Activations
from estimators.directional.aggregations.sum import Sum
from estimators.directional.directions.basis import Basis
from estimators.directional.estimator import Directional
from estimators.objective import MissingCapability, ModuleObjective
from estimators.registry import ESTIMATORS

EXACT = (
    "forward-gradient",
    "forward-gradient[k=3]",
    "forward-gradient[directions=low-rank]",
    "forward-gradient[directions=block]",
    "chunked-forward-gradient[k=3,chunk=2]",
    "lazy-forward-gradient",
    "lazy-forward-gradient[k=2,directions=rademacher]",
    "lazy-forward-gradient[directions=low-rank]",
    "lazy-forward-gradient[k=9,directions=block]",
)
DIFFERENCES = ("mezo", "mezo[directions=low-rank]", "mezo[restore=subtract]", "mezo[k=9,directions=block]")


class Energy(nn.Module):
    """Two dense layers, whose derivative with respect to its input is the output: as by a potential and its force."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.first, self.second, self.way = nn.Linear(6, 8), nn.Linear(8, 5), way

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self, self.way)(x)

    def energy(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).tanh())

    def autograd(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            (force,) = torch.autograd.grad(self.energy(x).sum(), x, create_graph=True)
        return force

    def transform(self, x: Tensor) -> Tensor:
        return torch.func.grad(lambda each: self.energy(each).sum())(x)

    def vmap(self, x: Tensor) -> Tensor:
        return torch.func.vmap(self.energy)(x)

    def jvp(self, x: Tensor) -> Tensor:
        return torch.func.jvp(self.energy, (x,), (torch.ones_like(x),))[1]

    def autocast(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.energy(x).float()


def problem(way: str, dtype: torch.dtype, frozen: tuple[str, ...] = ()) -> ModuleObjective:
    torch.manual_seed(0)
    module, x = Energy(way).to(dtype), torch.randn(4, 6, dtype=dtype)
    for name in frozen:
        module.get_parameter(name).requires_grad_(False)
    with torch.no_grad():
        y = torch.randn_like(module(x))
    return ModuleObjective(module, functional.mse_loss, (x, y))


def error(spec: str, objective: ModuleObjective) -> float:
    """Of the estimate, relative to the combination of its tangents with their true derivatives."""
    estimator, parameters = ESTIMATORS.build(spec), objective.parameters
    gradients = torch.autograd.grad(objective.loss(), list(parameters.values()), materialize_grads=True)
    found, state = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(7))
    tangents = estimator.tangents(state)
    pairs = zip(parameters, gradients, strict=True)
    along = torch.stack([tangents[name].flatten(1) @ gradient.flatten() for name, gradient in pairs]).sum(0)
    expected = [torch.tensordot(along, rows, dims=1).flatten() / len(rows) for rows in tangents.values()]
    vector = torch.cat(expected)
    return float((torch.cat([tensor.flatten() for tensor in found.gradient.values()]) - vector).norm() / vector.norm())


@pytest.mark.parametrize("way", ["autograd", "transform", "vmap"])
@pytest.mark.parametrize("spec", EXACT)
def test_tangents_go_through_derivatives_that_a_model_takes_itself(spec: str, way: str) -> None:
    assert error(spec, problem(way, torch.float64)) < 1e-9


@pytest.mark.parametrize("way", ["autograd", "transform", "vmap", "jvp"])
@pytest.mark.parametrize("spec", DIFFERENCES)
def test_differences_do_too(spec: str, way: str) -> None:
    assert error(spec, problem(way, torch.float64)) < 1e-3


@pytest.mark.parametrize("spec", [*EXACT, "mezo[directions=low-rank,step=0.1]"])
def test_a_model_may_compute_in_another_dtype(spec: str) -> None:
    assert error(spec, problem("autocast", torch.float32)) < 0.1


@pytest.mark.parametrize("spec", EXACT)
def test_a_bias_alone_has_the_dtype_that_a_model_computes_in(spec: str) -> None:
    objective, seen = problem("autocast", torch.float32, frozen=("first.weight",)), set()
    objective.module.first.register_forward_hook(lambda *found: seen.add(found[-1].dtype))
    assert error(spec, objective) < 0.1
    assert seen == {torch.bfloat16}


@pytest.mark.parametrize("space", ["activations", "sample-activations", "shared-activations"])
@pytest.mark.parametrize("way", ["autograd", "transform", "vmap", "jvp"])
def test_outputs_that_the_model_differentiates_cannot_be_cut_off(way: str, space: str) -> None:
    objective = problem(way, torch.float64)
    with pytest.raises(
        MissingCapability, match="needs sites: the model differentiates or transforms by itself what 'first' returns"
    ):
        ESTIMATORS.build(f"forward-gradient[space={space}]").init(objective)


def test_outputs_under_autocast_are_cut_off_in_their_own_dtype() -> None:
    objective = problem("autocast", torch.float32)
    parameters = objective.parameters
    expected = torch.autograd.grad(objective.loss(), list(parameters.values()))
    estimator = Directional(None, Activations(), Basis(), aggregation=Sum())
    found, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator())
    for one, other in zip(found.gradient.values(), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=0.02 * float(other.abs().max()))
