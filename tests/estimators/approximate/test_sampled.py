"""Sampled products are right on average, with the error that the formulas say, and save what they say."""

import pytest
import torch
from torch import Tensor

from estimators.approximate.sampled import LAWS, SampledProducts
from estimators.objective import ModuleObjective
from tests.estimators.approximate.problems import (
    OneLayer,
    assert_mean_is,
    assert_squared_error_is,
    convolutional,
    draws,
    exact,
    perceptron,
    vector,
)

pytestmark = pytest.mark.usefixtures("one_thread")

DRAWS = 800


def uniform_error(layer: OneLayer, s: int) -> Tensor:
    rows = len(layer.x)
    return rows * (rows - s) / (s * (rows - 1)) * (layer.squares.sum() - layer.gradient.square().sum() / rows)


def error_by_norm(layer: OneLayer, s: int) -> Tensor:
    lengths = layer.x.norm(dim=1)
    return _error_of_draws(layer, range(len(lengths)), lengths, s)


def error_with_winners(layer: OneLayer, s: int) -> Tensor:
    lengths = layer.x.norm(dim=1)
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    winners = min(range(s), key=lambda c: float(sum(lengths[row] for row in order[c:])) / (s - c))
    assert 0 < winners < s  # else this is another method
    return _error_of_draws(layer, order[winners:], lengths, s - winners)


def _error_of_draws(layer: OneLayer, rows: list[int] | range, weights: Tensor, s: int) -> Tensor:
    """Of s independent draws among some rows, as an estimate of their own sum."""
    p = weights[list(rows)] / weights[list(rows)].sum()
    total = layer.delta[list(rows)].T @ layer.x[list(rows)]
    return ((layer.squares[list(rows)] / p).sum() - total.square().sum()) / s


ERRORS = {"uniform": uniform_error, "norm": error_by_norm, "winners": error_with_winners}


@pytest.mark.parametrize("sampling", LAWS)
def test_the_error_of_one_layer_is_as_the_formula_says(sampling: str) -> None:
    layer = OneLayer()
    found = draws(SampledProducts(0.5, sampling), layer.objective, DRAWS)
    assert_mean_is(found, layer.gradient.flatten())
    assert_squared_error_is(found, layer.gradient, ERRORS[sampling](layer, 4))


def test_where_deltas_are_equally_long_winners_err_less_than_draws_by_norm_and_these_less_than_uniform_ones() -> None:
    layer = OneLayer()
    layer.delta /= layer.delta.norm(dim=1, keepdim=True)
    assert error_with_winners(layer, 4) < error_by_norm(layer, 4) < uniform_error(layer, 4)


@pytest.mark.parametrize("sampling", LAWS)
@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_the_mean_over_draws_is_the_gradient_of_a_network(problem, sampling: str) -> None:
    objective = problem()
    assert_mean_is(draws(SampledProducts(0.5, sampling), objective, 200), exact(objective))


@pytest.mark.parametrize("sampling", LAWS)
@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_with_all_rows_it_is_backprop(problem, sampling: str) -> None:
    objective = problem()
    torch.testing.assert_close(vector(SampledProducts(1.0, sampling), objective), exact(objective))


@pytest.mark.parametrize("sampling", LAWS)
def test_rows_that_are_all_zero_give_no_gradient(sampling: str) -> None:
    layer = OneLayer()
    layer.x.zero_()
    assert not vector(SampledProducts(0.5, sampling), layer.objective).any()


@pytest.mark.parametrize("sampling", ["norm", "winners"])
def test_a_row_that_outweighs_all_others_is_always_kept(sampling: str) -> None:
    layer = OneLayer()
    layer.x[1:] = 0
    found = draws(SampledProducts(0.25, sampling), layer.objective, 20)
    torch.testing.assert_close(found, layer.gradient.flatten().expand(20, -1))


def test_biases_are_exact_for_errors_travel_exactly() -> None:
    objective = perceptron()
    found = SampledProducts(0.5).estimate(objective, None, generator=torch.Generator().manual_seed(1))[0].gradient
    biases = torch.cat([found[name].flatten() for name in found if "bias" in name])
    expected = [torch.autograd.grad(objective.loss(), objective.parameters[name])[0] for name in found if "bias" in name]
    torch.testing.assert_close(biases, torch.cat(expected))  # δ is exact everywhere


@pytest.mark.parametrize(("keep", "message"), [(0, "keep must be above 0"), (1.5, "at most 1, got 1.5")])
def test_shares_out_of_bounds_are_refused(keep: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SampledProducts(keep)


def test_an_unknown_law_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="sampling must be one of uniform, norm, winners, got 'best'"):
        SampledProducts(sampling="best")


def test_each_call_of_a_layer_draws_rows_of_its_own() -> None:
    x, generator = torch.eye(6, dtype=torch.float64), torch.Generator().manual_seed(0)
    layers = torch.nn.ModuleList([torch.nn.Linear(6, 1, bias=False).double() for _ in range(2)])
    layers.forward = lambda x: sum(layer(x) for layer in layers)
    objective = ModuleObjective(layers, lambda outputs, _: outputs.sum(), (x, x))
    kept = [
        [
            tensor[0].nonzero().flatten().tolist()
            for _, tensor in SampledProducts(0.5).estimate(objective, None, generator=generator)[0].items()
        ]
        for _ in range(20)
    ]
    assert all(len(rows) == 3 for pair in kept for rows in pair)
    assert any(first != second for first, second in kept)
