"""ResNet-18 has the published number of parameters and the published shapes, and batch normalisation is in train mode."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from benchmarks.problems.models.resnet import Block
from estimators.objective import ModuleObjective
from estimators.spec import SpecError

Objectives = Callable[..., ModuleObjective]


@pytest.mark.parametrize(("channels", "count"), [(3, 11_181_642), (1, 11_175_370)])
def test_number_of_parameters_is_the_published_one(objective_of: Objectives, channels: int, count: int) -> None:
    data = f"synthetic-images[channels={channels}]"
    assert objective_of(f"resnet18[batch=2,data={data}]").coordinates() == count


def test_every_stage_halves_the_image_and_doubles_the_channels(objective_of: Objectives) -> None:
    objective = objective_of("resnet18[width=4,batch=2,data=synthetic-images[height=64,width=96]]")
    shapes = []
    x: Tensor = objective.inputs
    for layer in objective.module.children():
        x = layer(x)
        if isinstance(layer, (nn.MaxPool2d, Block)):
            shapes.append(tuple(x.shape[1:]))
    assert shapes[0] == (4, 16, 24)
    assert shapes[1:] == [s for s in [(4, 16, 24), (8, 8, 12), (16, 4, 6), (32, 2, 3)] for _ in range(2)]
    assert x.shape == (2, 10)


def test_a_block_whose_residual_is_silenced_passes_what_is_positive() -> None:
    block = Block(3, 3, stride=1)
    nn.init.zeros_(block.residual[-1].weight)
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(x), x.clamp(min=0))


def test_samples_interact_by_batch_normalisation(objective_of: Objectives) -> None:
    objective = objective_of("resnet18[width=4,batch=4]")
    alone, changed = objective.inputs.clone(), objective.inputs.clone()
    changed[1:] += 1
    with torch.no_grad():
        assert not torch.allclose(objective.module(alone)[0], objective.module(changed)[0])


def test_a_single_small_image_is_refused_for_batch_normalisation(objective_of: Objectives) -> None:
    with pytest.raises(SpecError, match="batch=1 with images of 8 x 8 leaves batch normalisation one number per channel"):
        objective_of("resnet18[batch=1,width=4]")
    assert objective_of("resnet18[batch=1,width=4,data=synthetic-images[height=33]]").loss().isfinite()
