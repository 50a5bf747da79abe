"""Forward differences err by half the curvature times h, and share one evaluation of the point."""

import pytest
import torch

from estimators.directional.derivatives.forward_difference import ForwardDifference
from estimators.directional.space import Weights
from estimators.objective import FunctionObjective


def test_the_error_on_a_quadratic_is_half_the_curvature_times_the_step() -> None:
    objective = FunctionObjective(lambda x: (x**2).sum() + 3 * x[0], torch.tensor([1.0, 2.0], dtype=torch.float64))
    tangent = {"x": torch.tensor([[1.0, -1.0], [0.0, 2.0]], dtype=torch.float64)}
    for step in (0.5, 0.01):
        found = ForwardDifference(step).take(Weights(), objective, tangent)
        assert found.loss.item() == 8
        assert found.values.tolist() == pytest.approx([5 - 4 + 2 * step, 8 + 4 * step])


def test_a_tangent_costs_one_evaluation_and_the_point_one_for_all() -> None:
    calls = []
    objective = FunctionObjective(lambda x: calls.append(1) or x.sum(), torch.ones(2))
    ForwardDifference().take(Weights(), objective, {"x": torch.ones(3, 2)})
    assert len(calls) == ForwardDifference().forward_calls(3) == 4


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan")])
def test_the_step_must_be_positive(step: float) -> None:
    with pytest.raises(ValueError, match="step must be positive"):
        ForwardDifference(step)
