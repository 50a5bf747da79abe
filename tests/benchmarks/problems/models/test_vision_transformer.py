"""The vision transformer has the parameters of its description, sees patches, and classifies the class token."""

from collections.abc import Callable

import pytest
import torch

from benchmarks.problems.models.vision_transformer import Patches
from estimators.objective import ModuleObjective
from estimators.spec import SpecError

Objectives = Callable[..., ModuleObjective]


def count(channels: int, patch: int, tokens: int, depth: int, dim: int, mlp: int, classes: int) -> int:
    embedding = channels * patch**2 * dim + dim + dim + (tokens + 1) * dim
    block = 2 * 2 * dim + (3 * dim**2 + 3 * dim) + (dim**2 + dim) + (dim * mlp + mlp) + (mlp * dim + dim)
    return embedding + depth * block + 2 * dim + dim * classes + classes


def test_number_of_parameters_follows_from_the_layer_sizes(objective_of: Objectives) -> None:
    published = "vit[patch=4,depth=6,heads=4,dim=256,mlp=512,batch=2,data=synthetic-images]"
    assert objective_of(published).coordinates() == count(3, 4, 64, 6, 256, 512, 10)
    assert objective_of("vit").coordinates() == count(1, 2, 16, 2, 64, 128, 10)


def test_each_token_is_a_linear_map_of_its_patch() -> None:
    layer = Patches(channels=2, patch=3, tokens=6, dim=4).double()
    images = torch.randn(5, 2, 6, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    out = layer(images)
    assert torch.allclose(out[:, 0], (layer.class_token + layer.positions[0]).expand(5, 4))
    token = images[:, :, 3:6, 6:9].flatten(1) @ layer.projection.weight.flatten(1).T + layer.projection.bias
    assert torch.allclose(out[:, 6], token + layer.positions[6])


def test_only_the_class_token_is_classified(objective_of: Objectives) -> None:
    objective = objective_of("vit[depth=1,dim=8,heads=2,mlp=8,batch=4]")
    head = list(objective.module.children())[-1]
    x = torch.randn(4, 17, 8, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[:, 1:] = 0
    assert torch.equal(head(x), head(changed))
    assert head(x).shape == (4, 10)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("patch=3", "patch=3 does not divide the sides of images of 8 x 8"),
        ("heads=3", "dim=64 must be a multiple of heads=3"),
        ("dropout=1.0", "dropout=1.0 must be at least 0 and less than 1"),
        ("data=synthetic[features=60]", "features=60 fill no square"),
    ],
)
def test_parameters_that_do_not_fit_are_named(objective_of: Objectives, parameters: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        objective_of(f"vit[{parameters}]")
