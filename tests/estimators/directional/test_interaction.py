"""Samples that interact are told from those that do not, also where losses are no numbers."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from estimators.estimator import Estimate
from estimators.objective import MissingCapability, ModuleObjective
from estimators.registry import ESTIMATORS

pytestmark = pytest.mark.usefixtures("one_thread")


def estimate(module: nn.Module, target: float) -> Estimate:
    torch.manual_seed(0)
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(6, 4), torch.full((6, 3), target)))
    estimator = ESTIMATORS.build("activity-forward-gradient")
    return estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(0))[0]


@pytest.mark.parametrize("target", [float("nan"), float("inf")])
def test_losses_that_are_not_finite_give_an_estimate_that_is_not(target: float) -> None:
    found = estimate(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)), target)
    assert not all(bool(tensor.isfinite().all()) for _, tensor in found.items())


@pytest.mark.parametrize("target", [0.0, float("nan")])
def test_samples_that_interact_are_refused_whatever_their_losses(target: float) -> None:
    with pytest.raises(MissingCapability, match="the samples of a batch interact"):
        estimate(nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)), target)
