"""What all models share: a loss near that of guessing at first, and a gradient in every trainable parameter."""

import math
from collections.abc import Callable

import pytest
import torch

from benchmarks.problems.data.synthetic import Synthetic, SyntheticImages
from benchmarks.problems.models.model import image_shape
from estimators.objective import ModuleObjective

Objectives = Callable[..., ModuleObjective]

MODELS = [
    "logistic-regression",
    "mlp[width=8]",
    "cnn[channels=2]",
    "cnn4[channels=4,width=16]",
    "resnet18[width=4]",
    "vit[depth=1,dim=8,heads=2,mlp=8]",
    "vit[depth=1,dim=8,heads=2,mlp=8,dropout=0.2]",
    "transformer[depth=1,dim=8,heads=2,mlp=8,length=12,vocabulary=10]",
    "transformer[depth=1,dim=8,heads=2,mlp=8,length=12,vocabulary=10,dropout=0.2,tied=true]",
    "recurrent[cell=lstm,width=8]",
    "recurrent[cell=gru,width=8]",
    "recurrent[cell=rnn,width=8,depth=2]",
]


@pytest.mark.parametrize("spec", MODELS)
def test_loss_of_a_fresh_model_is_near_that_of_guessing(objective_of: Objectives, spec: str) -> None:
    assert objective_of(spec).loss().item() == pytest.approx(math.log(10), rel=0.15)


@pytest.mark.parametrize("spec", MODELS)
def test_every_trainable_parameter_has_a_gradient(objective_of: Objectives, spec: str) -> None:
    objective = objective_of(spec, dtype="float64")
    leaves = objective.parameters
    gradients = dict(zip(leaves, torch.autograd.grad(objective.loss(), list(leaves.values())), strict=True))
    largest = max(float(gradient.abs().max()) for gradient in gradients.values())
    assert [name for name, gradient in gradients.items() if gradient.abs().max() < 1e-9 * largest] == []


@pytest.mark.parametrize("spec", MODELS)
def test_losses_of_the_samples_average_to_the_loss(objective_of: Objectives, spec: str) -> None:
    objective = objective_of(spec, dtype="float64")
    losses = objective.per_sample_loss()
    assert losses.shape == (objective.batch_size,)
    assert losses.mean().item() == pytest.approx(objective.loss().item(), rel=1e-12)


@pytest.mark.parametrize("spec", MODELS)
def test_a_model_draws_random_numbers_only_with_dropout(objective_of: Objectives, spec: str) -> None:
    assert objective_of(spec).draws == ("dropout" in spec)


@pytest.mark.parametrize("spec", MODELS)
def test_a_model_is_a_chain_that_checkpointing_can_cut(objective_of: Objectives, spec: str) -> None:
    module = objective_of(spec).module
    assert module.training
    assert isinstance(module, torch.nn.Sequential) or spec == "logistic-regression"


def test_features_that_fill_a_square_are_a_grey_image() -> None:
    assert image_shape(Synthetic(features=784, classes=10)) == (1, 28, 28)
    assert image_shape(SyntheticImages(channels=3, height=4, width=6, classes=2)) == (3, 4, 6)


def test_features_that_fill_no_square_are_refused_with_the_alternative() -> None:
    with pytest.raises(ValueError, match="features=60 fill no square; take synthetic-images"):
        image_shape(Synthetic(features=60, classes=10))
