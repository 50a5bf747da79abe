"""Feedback alignment is backprop with other matrices, which follow from a seed and a name and from nothing else."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from estimators.exact import Backprop
from estimators.feedback.alignment import FeedbackAlignment
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective
from tests.estimators.feedback.by_hand import NETWORKS, convolutional, cosine, estimated, gradient, perceptron, wide


@pytest.mark.parametrize("network", NETWORKS)
def test_it_equals_the_pass_back_by_hand(network: str) -> None:
    objective = NETWORKS[network]()
    found, kept = estimated(FeedbackAlignment(), objective)
    torch.testing.assert_close(found, gradient(objective, lambda name, transposed, _: transposed(kept[name])))


@pytest.mark.parametrize("network", NETWORKS)
def test_with_the_weights_as_feedback_it_is_backprop(network: str) -> None:
    objective = NETWORKS[network]()
    weights = {name: parameter.detach().clone() for name, parameter in objective.parameters.items() if parameter.dim() > 1}
    found, _ = estimated(FeedbackAlignment(), objective, weights)
    exact, _ = estimated(Backprop(), objective)
    torch.testing.assert_close(found, exact)
    torch.testing.assert_close(exact, gradient(objective, lambda name, transposed, _: transposed(weights[name])))


@pytest.mark.parametrize("network", NETWORKS)
def test_the_last_layer_is_exact_and_the_others_are_not(network: str) -> None:
    objective = NETWORKS[network]()
    found, exact = estimated(FeedbackAlignment(), objective)[0], estimated(Backprop(), objective)[0]
    last = list(exact)[-2:]
    torch.testing.assert_close({name: found[name] for name in last}, {name: exact[name] for name in last})
    assert all(cosine(found[name], exact[name]) < 0.8 for name in exact if name not in last and name.endswith("weight"))


def test_for_random_weights_a_wide_hidden_layer_is_orthogonal_to_the_gradient() -> None:
    objective = wide()
    exact = estimated(Backprop(), objective)[0]["0.bias"]
    units = int((exact != 0).sum())
    cosines = [cosine(estimated(FeedbackAlignment(seed), objective)[0]["0.bias"], exact) for seed in range(4)]
    assert max(map(abs, cosines)) < 5 / units**0.5  # standard deviations
    assert len(set(cosines)) == 4


def test_weights_of_one_shape_have_feedback_of_their_own() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(*(nn.Linear(16, 16) for _ in range(4)))
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(3, 16), torch.randn(3, 16)))
    _, kept = estimated(FeedbackAlignment(), objective)
    assert set(kept) == {"1.weight", "2.weight", "3.weight"}  # nothing passes the first
    pairs = torch.corrcoef(torch.stack([matrix.flatten() for matrix in kept.values()])).triu(1)
    assert float(pairs.abs().max()) < 5 / 16


def test_feedback_has_the_law_that_weights_begin_with() -> None:
    objective = wide()
    (matrix,) = estimated(FeedbackAlignment(), objective)[1].values()
    sigma = float(objective.parameters["2.weight"].detach().std())
    assert float(matrix.abs().max()) <= 8192**-0.5
    assert float(matrix.std()) == pytest.approx(sigma, rel=0.02)
    assert abs(float(matrix.mean())) < 5 * sigma / matrix.numel() ** 0.5


def test_feedback_is_the_same_in_every_dtype_and_follows_from_the_seed() -> None:
    double, single = convolutional(), convolutional()
    single = ModuleObjective(single.module.float(), functional.cross_entropy, (single.inputs.float(), single.targets))
    first, second = estimated(FeedbackAlignment(), double)[1], estimated(FeedbackAlignment(), single, seed=5)[1]
    assert {name: matrix.dtype for name, matrix in second.items()} == dict.fromkeys(first, torch.float32)
    torch.testing.assert_close(first, {name: matrix.double() for name, matrix in second.items()}, rtol=0, atol=0)
    other = estimated(FeedbackAlignment(seed=1), double)[1]
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_a_later_estimate_uses_what_is_kept_and_leaves_it_alone() -> None:
    objective = perceptron()
    first, kept = estimated(FeedbackAlignment(), objective)
    before = {name: matrix.clone() for name, matrix in kept.items()}
    second, again = estimated(FeedbackAlignment(), objective, kept)
    assert all(again[name] is matrix for name, matrix in kept.items())
    torch.testing.assert_close((second, kept), (first, before), rtol=0, atol=0)


def test_a_plain_function_is_refused() -> None:
    with pytest.raises(MissingCapability, match=r"needs module: .*plain function"):
        estimated(FeedbackAlignment(), FunctionObjective(torch.sum, torch.ones(2)))
