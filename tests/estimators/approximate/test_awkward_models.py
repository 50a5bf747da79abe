"""Approximate backward passes on models that are awkward otherwise: estimates of the right form, or a need that is named."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from estimators.approximate.backward import Approximate
from estimators.approximate.randomised import RandomisedVjp
from estimators.approximate.rounded import RoundedActivations
from estimators.approximate.sampled import SampledProducts
from estimators.approximate.sketched import SketchedProducts
from estimators.objective import MissingCapability, ModuleObjective
from tests.awkward_models import WORKING, objective
from tests.estimators.approximate.problems import exact, vector
from tests.estimators.approximate.test_layers import WITHOUT_LAYERS
from tests.estimators.directional.test_models_that_differentiate import Energy

METHODS = [SampledProducts(), SampledProducts(sampling="winners"), SketchedProducts(), RandomisedVjp(sampling="norm")]


@pytest.mark.parametrize("kind", WORKING.keys() - WITHOUT_LAYERS)
def test_estimates_are_finite(kind: str) -> None:
    problem = objective(kind, torch.float32)
    for method in METHODS:
        assert vector(method, problem).isfinite().all()


@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
@pytest.mark.parametrize("kind", WORKING)
def test_rounding_moves_the_gradient_by_about_as_much_as_it_rounds(kind: str, rounding: str) -> None:
    problem = objective(kind, torch.float64)
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(problem.loss(), list(problem.parameters.values()))])
    found = vector(RoundedActivations(rounding), problem)
    assert (found - gradient).norm() <= 0.1 * gradient.norm()


def energy(way: str) -> ModuleObjective:
    torch.manual_seed(0)
    return ModuleObjective(Energy(way), nn.functional.mse_loss, (torch.randn(4, 6), torch.randn(4, 6)))


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_model_that_differentiates_itself_is_refused_with_the_reason(method: Approximate) -> None:
    with pytest.raises(MissingCapability, match="needs module: the model differentiates what it computes"):
        vector(method, energy("autograd"))


def test_a_model_that_transforms_functions_cannot_be_rounded() -> None:
    with pytest.raises(MissingCapability, match="needs module: the model transforms functions"):
        vector(RoundedActivations(), energy("transform"))


class Checkpointed(nn.Sequential):
    """Layers that run again on the way back."""

    def forward(self, x: Tensor) -> Tensor:
        return checkpoint(super().forward, x, use_reentrant=False)


def checkpointed() -> ModuleObjective:
    torch.manual_seed(0)
    module = Checkpointed(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    return ModuleObjective(module, nn.functional.mse_loss, (torch.randn(8, 4), torch.randn(8, 2)))


@pytest.mark.parametrize("method", [SampledProducts(), SketchedProducts()], ids=str)
def test_a_model_that_checkpoints_is_refused_with_the_reason(method: Approximate) -> None:
    with pytest.raises(MissingCapability, match="needs module: the model checkpoints layers"):
        vector(method, checkpointed())


@pytest.mark.parametrize("method", [RandomisedVjp(1.0), RoundedActivations()], ids=str)
def test_what_saves_the_same_tensors_as_torch_or_none_goes_through_checkpoints(method: Approximate) -> None:
    torch.testing.assert_close(vector(method, checkpointed()), exact(checkpointed()), rtol=0.02, atol=1e-3)


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_autocast_within_the_model_is_followed(method: Approximate) -> None:
    torch.manual_seed(0)
    problem = ModuleObjective(Energy("autocast"), nn.functional.mse_loss, (torch.randn(4, 6), torch.randn(4, 5)))
    assert vector(method, problem).isfinite().all()
