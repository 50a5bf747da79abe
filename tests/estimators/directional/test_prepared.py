"""A state says how derivatives are taken, as far as that is known, and how much it keeps."""

import json

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.objective import ModuleObjective, Objective
from estimators.registry import ESTIMATORS
from tests.awkward_models import objective

WIDTH = 256
MATRIX = 4 * WIDTH * WIDTH  # bytes


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 2))
    return ModuleObjective(module, functional.mse_loss, (torch.randn(3, WIDTH), torch.zeros(3, 2)))


class InPlace(nn.Module):
    """Writes to what a layer gives."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x).exp_()


def written() -> ModuleObjective:
    torch.manual_seed(0)
    return ModuleObjective(InPlace(), functional.mse_loss, (torch.randn(3, 6), torch.zeros(3, 6)))


def prepared(spec: str, problem: Objective, *, estimates: int = 1) -> dict[str, object]:
    estimator = ESTIMATORS.build(spec)
    state, generator = estimator.init(problem), torch.Generator().manual_seed(1)
    for _ in range(estimates):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        assert len(estimate.gradient) == len(problem.parameters)
        del estimate
    said: dict[str, object] = state.prepared
    assert json.loads(json.dumps(said)) == said
    assert said["backend"] == "eager"
    return said


@pytest.mark.parametrize(
    ("spec", "by_rules", "otherwise"),
    [
        ("forward-gradient", "rules", "dual tensors"),
        ("forward-gradient[k=3]", "rules", "one vectorised pass"),
        ("chunked-forward-gradient[k=3,chunk=2]", "rules", "one vectorised pass"),
        ("chunked-forward-gradient[k=3,chunk=1]", "rules", "dual tensors"),
        ("spsa[k=2]", "evaluations of the loss: 4", "evaluations of the loss: 4"),
        ("forward-gradient[derivative=simulated]", "products with the gradient", "products with the gradient"),
        (
            "forward-gradient[directions=low-rank]",
            "rules for factors or single blocks",
            "dual tensors of factors or single blocks",
        ),
    ],
)
def test_how_derivatives_are_taken_is_known_after_the_first_estimate(spec: str, by_rules: str, otherwise: str) -> None:
    assert prepared(spec, perceptron(), estimates=0)["derivatives"] is None
    assert prepared(spec, perceptron())["derivatives"] == by_rules
    assert prepared(spec, written())["derivatives"] == otherwise


def test_the_reason_is_told_where_each_tangent_has_a_pass_of_its_own() -> None:
    said = prepared("forward-gradient[k=3]", objective("bilinear", torch.float32))["derivatives"]
    assert isinstance(said, str)
    assert said.startswith("dual tensors, tangent by tangent: ")


@pytest.mark.parametrize(("spec", "kept"), [("forward-gradient", MATRIX), ("forward-gradient[k=3]", 4 * MATRIX)])
def test_the_tangents_and_the_estimate_of_large_blocks_are_kept(spec: str, kept: int) -> None:
    assert prepared(spec, perceptron(), estimates=0)["kept_bytes"] == 0
    for estimates in (1, 3):
        assert prepared(spec, perceptron(), estimates=estimates)["kept_bytes"] == kept
