"""One evaluation a tangent: the derivative and the loss over the step, which cancels on average over symmetric tangents."""

import pytest
import torch

from estimators.directional.derivatives.one_measurement import OneMeasurement
from estimators.directional.directions.basis import Basis
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.varying_length import VaryingLength
from estimators.directional.estimator import Directional
from estimators.directional.space import Weights
from estimators.objective import FunctionObjective


def test_the_value_is_the_loss_at_the_moved_point_over_the_step() -> None:
    objective = FunctionObjective(lambda x: (x**2).sum(), torch.tensor([1.0, 2.0], dtype=torch.float64))
    tangents = {"x": torch.tensor([[1.0, -1.0], [0.0, 2.0]], dtype=torch.float64)}
    found = OneMeasurement(0.5).take(Weights(), objective, tangents)
    assert found.values.tolist() == pytest.approx([2 * (1.5**2 + 1.5**2), 2 * (1 + 9)])
    assert found.loss.item() == pytest.approx((4.5 + 10) / 2)


def test_a_tangent_costs_one_evaluation() -> None:
    calls = []
    objective = FunctionObjective(lambda x: calls.append(1) or x.sum(), torch.ones(2))
    OneMeasurement().take(Weights(), objective, {"x": torch.ones(3, 2)})
    assert len(calls) == OneMeasurement().forward_calls(3) == OneMeasurement().forward_multiple(3) == 3


def test_on_a_linear_loss_the_mean_is_the_gradient_and_the_variance_grows_with_the_loss_over_the_step() -> None:
    slope, draws = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64), 20_000
    objective = FunctionObjective(lambda x: 3 + slope @ x, torch.zeros(3, dtype=torch.float64))
    estimator = Directional(k=draws, derivative=OneMeasurement(0.5))
    estimate, state = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))
    single = estimator.tangents(state)["x"] * (3 / 0.5 + estimator.tangents(state)["x"] @ slope).unsqueeze(1)
    torch.testing.assert_close(estimate.gradient["x"], single.mean(0))
    assert ((single.mean(0) - slope).abs() < 5 * single.std(0) / draws**0.5).all()
    errors = (single - slope).square().sum(1)
    expected = (3 + 1) * slope.square().sum() + (3 / 0.5) ** 2 * 3
    assert abs(errors.mean() - expected) < 5 * errors.std() / draws**0.5


def test_it_is_declared_unbiased_for_symmetric_laws_only_and_never_with_a_closed_form() -> None:
    declared = {
        type(law): Directional(k=None, directions=law, derivative=OneMeasurement()).declaration({"x": (4,)}, None)
        for law in (Gaussian(), Basis(), VaryingLength())
    }
    assert [declaration.unbiased for declaration in declared.values()] == [True, False, False]
    assert all((d.relative_error, d.eta, d.expected, d.exact) == (None, None, {}, False) for d in declared.values())


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan")])
def test_the_step_must_be_positive(step: float) -> None:
    with pytest.raises(ValueError, match="step must be positive"):
        OneMeasurement(step)
