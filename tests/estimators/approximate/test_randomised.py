"""Randomised products are right on average through any depth; outputs are kept as often as their norms say."""

import pytest
import torch
from torch.nn import functional

from estimators.approximate.randomised import LAWS, RandomisedVjp, inclusion
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


def test_with_uniform_masks_the_error_of_one_layer_is_the_same_share_of_any_gradient() -> None:
    layer = OneLayer(outputs=6)
    found = draws(RandomisedVjp(0.5), layer.objective, DRAWS)
    assert_mean_is(found, layer.gradient.flatten())
    assert_squared_error_is(found, layer.gradient, (6 / 3 - 1) * layer.gradient.square().sum())


def test_with_norms_each_output_errs_by_what_its_probability_leaves() -> None:
    layer = OneLayer(outputs=6)
    layer.delta *= torch.logspace(1, -1, 6, dtype=torch.float64)
    found = draws(RandomisedVjp(0.5, "norm"), layer.objective, DRAWS)
    assert_mean_is(found, layer.gradient.flatten())
    p = inclusion(layer.delta.norm(dim=0), 3)
    assert 0 < int((p == 1).sum()) < 3
    assert_squared_error_is(found, layer.gradient, ((1 / p - 1) * layer.gradient.square().sum(1)).sum())


@pytest.mark.parametrize("sampling", LAWS)
@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_the_mean_over_draws_is_the_gradient_of_a_network(problem, sampling: str) -> None:
    objective = problem()
    assert_mean_is(draws(RandomisedVjp(0.5, sampling), objective, 300), exact(objective))


@pytest.mark.parametrize("sampling", LAWS)
@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_with_all_outputs_it_is_backprop(problem, sampling: str) -> None:
    objective = problem()
    torch.testing.assert_close(vector(RandomisedVjp(1.0, sampling), objective), exact(objective))


@pytest.mark.parametrize("sampling", LAWS)
def test_no_more_outputs_than_asked_for_are_in_the_weights_gradient(sampling: str) -> None:
    layer = OneLayer(outputs=10)
    for found in draws(RandomisedVjp(0.35, sampling), layer.objective, 20):
        assert int(found.view(10, -1).any(dim=1).sum()) == 3


@pytest.mark.parametrize("sampling", LAWS)
def test_no_error_gives_no_gradient(sampling: str) -> None:
    layer = OneLayer()
    layer.delta.zero_()
    assert not vector(RandomisedVjp(0.5, sampling), layer.objective).any()


@pytest.mark.parametrize(
    ("weights", "count", "expected"),
    [
        ((1, 1, 1, 1), 2, (0.5, 0.5, 0.5, 0.5)),
        ((0, 0, 0, 0), 1, (0.25, 0.25, 0.25, 0.25)),
        ((4, 3, 2, 1), 1, (0.4, 0.3, 0.2, 0.1)),
        ((1, 100, 2, 1), 2, (0.25, 1, 0.5, 0.25)),
        ((0, 5, 0, 5), 3, (0, 1, 0, 1)),
        ((8, 4, 2, 2), 3, (1, 1, 0.5, 0.5)),
        ((3, 2, 1), 3, (1, 1, 1)),
        ((float("nan"), 1, 1, 0), 1, (1, 0.5, 0.5, 0)),
        ((1, float("inf"), 3, 0), 2, (1, 1, 1, 0)),
        ((float("nan"), float("nan")), 1, (1, 1)),
    ],
)
def test_probabilities_are_in_proportion_none_is_above_one_and_what_is_no_number_is_certain(
    weights, count: int, expected
) -> None:
    found = inclusion(torch.tensor(weights, dtype=torch.float64), count)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("sampling", LAWS)
@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_targets_that_are_nan_give_an_estimate_that_is(problem, sampling: str) -> None:
    finite = problem()
    outputs = finite.module(finite.inputs).detach()
    undefined = ModuleObjective(finite.module, functional.mse_loss, (finite.inputs, torch.full_like(outputs, float("nan"))))
    assert not vector(RandomisedVjp(0.5, sampling), undefined).isfinite().all()


def test_with_norms_an_output_whose_error_is_infinite_stays() -> None:
    layer = OneLayer(outputs=6)
    layer.delta[0, 2] = float("inf")
    for found in draws(RandomisedVjp(0.2, "norm"), layer.objective, 5):
        assert not found.view(6, -1)[2].isfinite().any()


def test_bad_choices_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="sampling must be one of uniform, norm, got 'winners'"):
        RandomisedVjp(sampling="winners")
    with pytest.raises(ValueError, match=r"keep must be above 0 and at most 1, got -0\.5"):
        RandomisedVjp(-0.5)
