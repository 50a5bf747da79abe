"""Approximate backward passes on models that are awkward otherwise: estimates of the right form, or a need that is named."""

import pytest
import torch
from torch import nn

from estimators.approximate.backward import Approximate
from estimators.approximate.randomised import RandomisedVjp
from estimators.approximate.rounded import RoundedActivations
from estimators.approximate.sampled import SampledProducts
from estimators.approximate.sketched import SketchedProducts
from estimators.objective import MissingCapability, ModuleObjective
from tests.awkward_models import WORKING, objective
from tests.estimators.approximate.problems import vector
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


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_autocast_within_the_model_is_followed(method: Approximate) -> None:
    torch.manual_seed(0)
    problem = ModuleObjective(Energy("autocast"), nn.functional.mse_loss, (torch.randn(4, 6), torch.randn(4, 5)))
    assert vector(method, problem).isfinite().all()
