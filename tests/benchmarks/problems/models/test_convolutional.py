"""The convolutional networks have the published numbers of parameters, and equal a plain sequence of torch functions."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, relu

from estimators.objective import ModuleObjective
from estimators.spec import SpecError

Objectives = Callable[..., ModuleObjective]


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("cnn", (9 * 16 + 16) + (9 * 16 * 32 + 32) + (32 * 4 * 10 + 10)),
        ("cnn[channels=2,data=synthetic[features=16]]", (9 * 2 + 2) + (9 * 2 * 4 + 4) + (4 * 10 + 10)),
        (
            "cnn[channels=2,data=synthetic-images[channels=3,height=4,width=8]]",
            (9 * 3 * 2 + 2) + (9 * 2 * 4 + 4) + (8 * 10 + 10),
        ),
        ("cnn4[data=synthetic[features=784]]", 640 + 3 * 36928 + (3136 * 1024 + 1024) + 10250),
        ("cnn4[padding=0,data=synthetic[features=784]]", 640 + 3 * 36928 + (1024 * 1024 + 1024) + 10250),
    ],
)
def test_number_of_parameters_follows_from_the_layer_sizes(objective_of: Objectives, spec: str, count: int) -> None:
    assert objective_of(spec).coordinates() == count


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_cnn4_pools_after_the_second_and_the_fourth_convolution(objective_of: Objectives, padding: int) -> None:
    data = "synthetic-images[channels=2,height=19,width=22]"
    objective = objective_of(f"cnn4[channels=3,width=5,batch=4,padding={padding},data={data}]", dtype="float64")
    weights = list(objective.parameters.values())
    x: Tensor = objective.inputs
    for layer in range(4):
        x = relu(conv2d(x, weights[2 * layer], weights[2 * layer + 1], padding=padding))
        x = max_pool2d(x, 2) if layer in (1, 3) else x
    hidden = relu(x.flatten(1) @ weights[8].T + weights[9])
    assert torch.allclose(objective.module(objective.inputs), hidden @ weights[10].T + weights[11], rtol=1e-12)


@pytest.mark.parametrize("spec", ["cnn[data=synthetic[features=60]]", "cnn4[data=synthetic[features=60]]"])
def test_samples_that_are_no_image_are_refused(objective_of: Objectives, spec: str) -> None:
    with pytest.raises(SpecError, match=r"images.*features=60"):
        objective_of(spec)


def test_images_that_do_not_suit_the_pooling_are_refused_with_their_size(objective_of: Objectives) -> None:
    with pytest.raises(SpecError, match="multiples of 4, got 32 x 30"):
        objective_of("cnn[data=synthetic-images[width=30]]")
    with pytest.raises(SpecError, match="8 x 8 are too small for cnn4 with padding=0"):
        objective_of("cnn4[padding=0]")
