"""The weight mirror's feedback tends to the weights, as fast and as near as it says."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.exact import Backprop
from estimators.feedback.alignment import FeedbackAlignment
from estimators.feedback.weight_mirror import WeightMirror
from estimators.objective import ModuleObjective
from tests.estimators.feedback.by_hand import NETWORKS, cosine, estimated, gradient

INPUTS = 16


def one_hidden_layer() -> tuple[ModuleObjective, Tensor]:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, INPUTS), nn.Tanh(), nn.Linear(INPUTS, 8)).double()
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(1, 2).double(), torch.randn(1, 8).double()))
    return objective, module[2].weight.detach()


@pytest.mark.parametrize("network", NETWORKS)
def test_the_estimate_is_the_pass_back_by_hand_with_what_it_has_just_learned(network: str) -> None:
    objective = NETWORKS[network]()
    _, kept = estimated(WeightMirror(), objective)
    found, kept = estimated(WeightMirror(), objective, kept, seed=1)
    torch.testing.assert_close(found, gradient(objective, lambda name, transposed, _: transposed(kept[name])))


def test_a_step_is_on_average_the_declared_share_of_the_way_to_the_weights() -> None:
    """Over seeds the mean lies off by E‖mean - expected‖² = λ² (n + 1)/s ‖W‖² / seeds; 128 entries make that sharp."""
    (objective, weight), rate, samples, seeds = one_hidden_layer(), 0.5, 4, 400
    start = estimated(FeedbackAlignment(), objective)[1]
    mirror = WeightMirror(rate, samples)
    learned = [estimated(mirror, objective, start, seed)[1]["2.weight"] for seed in range(seeds)]
    expected = (1 - rate) * start["2.weight"] + rate * weight
    error = (torch.stack(learned).mean(0) - expected).square().sum() / weight.square().sum()
    assert float(error) == pytest.approx(rate**2 * (INPUTS + 1) / samples / seeds, rel=0.6)


def test_what_remains_is_the_declared_noise() -> None:
    (objective, weight), mirror, errors, kept = one_hidden_layer(), WeightMirror(0.2, 8), [], {}
    for seed in range(400):
        _, kept = estimated(mirror, objective, kept, seed)
        errors.append(float((kept["2.weight"] - weight).square().sum() / weight.square().sum()))
    assert sum(errors[100:]) / 300 == pytest.approx(0.2 / 1.8 * (INPUTS + 1) / 8, rel=0.15)


@pytest.mark.parametrize("network", NETWORKS)
def test_feedback_and_estimate_turn_towards_weights_and_gradient(network: str) -> None:
    objective = NETWORKS[network]()
    exact, mirror, kept, cosines = estimated(Backprop(), objective)[0], WeightMirror(), {}, []
    for seed in range(100):
        found, kept = estimated(mirror, objective, kept, seed)
        cosines.append(cosine(found["0.weight"], exact["0.weight"]))
    assert cosines[0] < 0.8 < 0.9 < cosines[-1]
    for name, matrix in kept.items():
        noise = 0.1 / 1.9 * (matrix[0].numel() + 1) / 32  # the cosine's square is 1 / (1 + noise) on average
        assert cosine(matrix, objective.parameters[name]) > (1 + 3 * noise) ** -0.5


def test_a_weight_of_two_layers_is_mirrored_once_a_call() -> None:
    torch.manual_seed(0)
    first, tied = nn.Linear(4, 4), nn.Linear(4, 4)
    data = torch.randn(3, 4), torch.randn(3, 4)
    models = nn.Sequential(first, tied), nn.Sequential(first, tied, nn.Tanh(), tied)
    once, twice = (estimated(WeightMirror(), ModuleObjective(model, functional.mse_loss, data))[1] for model in models)
    torch.testing.assert_close(twice, once, rtol=0, atol=0)


def test_what_was_kept_before_stays_as_it_is() -> None:
    objective, _ = one_hidden_layer()
    _, kept = estimated(WeightMirror(), objective)
    before = kept["2.weight"].clone()
    _, later = estimated(WeightMirror(), objective, kept, seed=1)
    assert torch.equal(kept["2.weight"], before)
    assert not torch.equal(later["2.weight"], before)


@pytest.mark.parametrize(
    ("choices", "complaint"),
    [
        ({"rate": 0.0}, "rate must be more than 0 and at most 1, got 0.0"),
        ({"rate": 1.5}, "rate must be more than 0 and at most 1, got 1.5"),
        ({"samples": 0}, "samples must be 1 or more, got 0"),
    ],
)
def test_bounds_are_checked(choices: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        WeightMirror(**choices)
