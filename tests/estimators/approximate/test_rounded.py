"""Rounded activations: the gradient is that of backprop from rounded numbers, and nothing but activations is rounded."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.approximate.rounded import ROUNDINGS, RoundedActivations, stochastically_rounded
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective
from tests.awkward_models import Applied
from tests.estimators.approximate.problems import assert_mean_is, draws, exact, perceptron, vector

pytestmark = pytest.mark.usefixtures("one_thread")


def by_hand(objective: ModuleObjective) -> Tensor:
    """Backprop through linear, ReLU, linear and squared error from rounded activations, written out."""
    first, _, second = objective.module
    x, t = objective.inputs, objective.targets
    hidden = functional.relu(functional.linear(x, first.weight, first.bias))
    output = functional.linear(hidden, second.weight, second.bias)

    def rounded(tensor: Tensor) -> Tensor:
        return tensor.bfloat16().to(tensor.dtype)

    delta = 2 * (rounded(output) - t) / t.numel()
    back = delta @ second.weight * (hidden > 0)
    parts = [back.T @ x, back.sum(0), delta.T @ rounded(hidden), delta.sum(0)]
    return torch.cat([part.detach().flatten() for part in parts])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_backprop_from_numbers_rounded_to_the_nearest_is_that(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)).to(dtype)
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(6, 5).to(dtype), torch.randn(6, 3).to(dtype)))
    found = vector(RoundedActivations(), objective)
    torch.testing.assert_close(found, by_hand(objective), rtol=1e-5, atol=1e-6)
    assert (found - exact(objective)).norm() > 1e-4 * exact(objective).norm()


def test_where_derivatives_are_linear_in_what_was_saved_stochastic_rounding_is_right_on_average() -> None:
    objective = perceptron()
    found = draws(RoundedActivations("stochastic"), objective, 200)
    assert_mean_is(found, exact(objective))
    assert (found.std(0) > 0).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_stochastic_rounding_takes_a_neighbour_and_the_mean_is_the_number(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    x = (
        torch.randn(50, generator=generator, dtype=dtype).repeat(2000, 1)
        * torch.tensor([1e-20, 1.0, 1e20]).to(dtype).repeat(17)[:50]
    )
    found = stochastically_rounded(x, torch.rand(x.shape, generator=generator, dtype=dtype)).to(dtype)
    gap = (x[0] - x[0].bfloat16().to(dtype)).abs().clamp(min=0) + x[0].abs() * 2.0**-7
    assert ((found - x).abs() <= gap).all()
    assert all(len(column.unique()) <= 2 for column in found.T)
    assert_mean_is((found / x).double(), torch.ones(50, dtype=torch.float64))


def test_bfloat16_numbers_infinities_and_zeros_stay_as_they_are() -> None:
    x = torch.tensor([0.0, -0.0, 1.0, -2.5, float("inf"), -float("inf"), 3.0e38]).bfloat16().float()
    found = stochastically_rounded(x, torch.full_like(x, 1 - 2**-17))
    assert torch.equal(found.float(), x)


def test_nan_stays_nan_whatever_its_bits() -> None:
    bits = torch.tensor([0x7FC00000, 0x7FFFFFFF, -1, 0x7F800001], dtype=torch.int32)
    for uniform in (0.0, 1 - 2**-17):
        assert stochastically_rounded(bits.view(torch.float32), torch.full((4,), uniform)).isnan().all()
    long = torch.tensor([2**63 - 1, -1])
    assert stochastically_rounded(long.view(torch.float64), torch.full((2,), 0.75, dtype=torch.float64)).isnan().all()


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_what_is_written_to_between_two_savings_is_saved_anew(rounding: str) -> None:
    def written(self: Any, x: Tensor) -> Tensor:
        hidden = self.a(x)
        seen = hidden.norm()
        hidden = functional.relu_(hidden)
        return self.b(hidden) + 0 * seen.detach()

    torch.manual_seed(0)
    module = Applied(written, a=nn.Linear(5, 32), b=nn.Linear(32, 3))
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(64, 5), torch.randn(64, 3)))
    expected = exact(objective)
    assert (vector(RoundedActivations(rounding), objective) - expected).norm() < 0.02 * expected.norm()


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_targets_that_are_nan_give_an_estimate_that_is(rounding: str) -> None:
    torch.manual_seed(0)
    batch = torch.randn(6, 5), torch.full((6, 3), float("nan"))
    module = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
    assert vector(RoundedActivations(rounding), ModuleObjective(module, functional.mse_loss, batch)).isnan().all()


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_model_of_16_bits_is_left_as_it_is(dtype: torch.dtype, rounding: str) -> None:
    torch.manual_seed(0)
    batch = torch.randn(6, 5).to(dtype), torch.randn(6, 3).to(dtype)
    objective = ModuleObjective(nn.Linear(5, 3).to(dtype), functional.mse_loss, batch)
    assert torch.equal(vector(RoundedActivations(rounding), objective), exact(objective))


def test_a_plain_function_has_no_activations() -> None:
    with pytest.raises(MissingCapability, match="needs module: what is rounded are a module's activations"):
        vector(RoundedActivations(), FunctionObjective(torch.sum, torch.ones(2)))


def test_an_unknown_rounding_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="rounding must be one of nearest, stochastic, got 'up'"):
        RoundedActivations("up")
