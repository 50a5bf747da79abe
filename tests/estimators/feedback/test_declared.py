"""Operations are as declared to the last digit on perceptrons, and nothing is declared where they do not follow from weights."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from benchmarks.harness.flops import operations
from estimators.objective import ModuleObjective
from estimators.registry import ESTIMATORS

SPECS = [
    "feedback-alignment",
    "direct-feedback-alignment",
    "sign-symmetry",
    "sign-symmetry[magnitudes=fixed]",
    "sign-symmetry[magnitudes=redrawn]",
    "weight-mirror",
    "weight-mirror[samples=100]",
]
SIZES = {"one layer": (12, 5), "one hidden layer": (12, 7, 5), "three of a size": (9, 9, 9, 9), "a bottleneck": (20, 3, 30, 4)}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("spec", SPECS)
def test_operations_of_perceptrons_are_as_declared(spec: str, sizes: str) -> None:
    layers = [layer for pair in zip(SIZES[sizes], SIZES[sizes][1:], strict=False) for layer in (nn.Linear(*pair), nn.ReLU())]
    first, *_, last = SIZES[sizes]
    objective = ModuleObjective(nn.Sequential(*layers[:-1]), functional.mse_loss, (torch.randn(16, first), torch.randn(16, last)))
    estimator = ESTIMATORS.build(spec)
    shapes = {name: tuple(parameter.shape) for name, parameter in objective.parameters.items()}

    def base() -> None:
        with torch.no_grad():
            objective.loss()

    above = operations(lambda: estimator.estimate(objective, estimator.init(objective), generator=torch.Generator()))
    assert above / operations(base) == pytest.approx(estimator.declaration(shapes, 16).forward_multiple)


@pytest.mark.parametrize("spec", SPECS)
def test_no_operations_are_declared_for_convolutions_and_for_no_matrix_at_all(spec: str) -> None:
    estimator = ESTIMATORS.build(spec)
    for shapes in ({"0.weight": (4, 3, 3, 3), "2.weight": (5, 4)}, {"scale": (4,)}):
        assert estimator.declaration(shapes, 16).forward_multiple is None


@pytest.mark.parametrize("spec", SPECS)
def test_feedback_is_declared_as_kept_where_the_state_holds_any(spec: str) -> None:
    estimator = ESTIMATORS.build(spec)
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
    objective = ModuleObjective(module, functional.mse_loss, (torch.ones(3, 4), torch.zeros(3, 4)))
    _, kept = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator())
    shapes = {name: tuple(parameter.shape) for name, parameter in objective.parameters.items()}
    assert estimator.declaration(shapes, 3).memory == ("history" if kept else "activations")
