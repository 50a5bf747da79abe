"""Logistic regression and perceptrons have the layers and the number of parameters that their specs say, on data of any size."""

import pytest
from torch import nn

from benchmarks.problems.problem import build_problem
from estimators.objective import ModuleObjective


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("logistic-regression", 64 * 10 + 10),
        ("mlp", 26122),
        ("mlp[depth=5,width=256]", 282378),
        ("mlp[depth=2,width=1024,data=synthetic[features=784,classes=10]]", 1863690),
        ("mlp[depth=1,width=3,data=synthetic[features=2,classes=4]]", 2 * 3 + 3 + 3 * 4 + 4),
        ("mlp[depth=1,width=3,data=synthetic-images[channels=2,height=3,width=5]]", 2 * 3 * 5 * 3 + 3 + 3 * 10 + 10),
    ],
)
def test_number_of_parameters_follows_from_the_layer_sizes(spec: str, count: int) -> None:
    assert build_problem(spec).objective.coordinates() == count


def test_depth_counts_hidden_layers() -> None:
    objective = build_problem("mlp[depth=3,width=8]").objective
    assert isinstance(objective, ModuleObjective)
    linear = [(layer.in_features, layer.out_features) for layer in objective.module.modules() if isinstance(layer, nn.Linear)]
    assert linear == [(64, 8), (8, 8), (8, 8), (8, 10)]


@pytest.mark.parametrize(("name", "kind"), [("relu", nn.ReLU), ("tanh", nn.Tanh), ("gelu", nn.GELU)])
def test_activation_stands_after_every_hidden_layer(name: str, kind: type[nn.Module]) -> None:
    for spec in (f"mlp[activation={name},width=4]", f"cnn[activation={name},channels=2]"):
        objective = build_problem(spec).objective
        assert isinstance(objective, ModuleObjective)
        assert sum(isinstance(layer, kind) for layer in objective.module.modules()) == 2
