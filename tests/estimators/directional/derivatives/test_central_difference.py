"""Central differences are exact on quadratics, err by h² elsewhere, and need two evaluations a tangent."""

import pytest
import torch

from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.space import Weights
from estimators.objective import FunctionObjective


def derivative(function, step: float) -> float:
    objective = FunctionObjective(function, torch.tensor([1.0, 2.0], dtype=torch.float64))
    tangent = {"x": torch.tensor([[1.0, -1.0]], dtype=torch.float64)}
    return CentralDifference(step).take(Weights(), objective, tangent).values.item()


@pytest.mark.parametrize("step", [1.0, 1e-2, 1e-4])
def test_quadratics_are_differentiated_exactly(step: float) -> None:
    assert derivative(lambda x: (x**2).sum() + 3 * x[0] * x[1], step) == pytest.approx(1.0, abs=1e-9)


def test_the_error_on_a_cubic_is_a_sixth_of_its_third_derivative_times_h_squared() -> None:
    for step in (0.5, 0.1, 0.02):
        assert derivative(lambda x: (x**3).sum(), step) - (3 - 12) == pytest.approx(0 * step**2, abs=1e-9)
        assert derivative(lambda x: x[0] ** 3, step) - 3 == pytest.approx(step**2, rel=1e-6)


def test_the_loss_reported_is_the_mean_of_both_sides() -> None:
    objective = FunctionObjective(lambda x: (x**2).sum(), torch.zeros(2))
    found = CentralDifference(0.1).take(Weights(), objective, {"x": torch.ones(3, 2)})
    assert found.loss.item() == pytest.approx(0.02)
    assert found.values.shape == (3,)


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan")])
def test_the_step_must_be_positive(step: float) -> None:
    with pytest.raises(ValueError, match="step must be positive"):
        CentralDifference(step)
