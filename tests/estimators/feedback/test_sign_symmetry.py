"""Sign symmetry is backprop with matrices of the weights' signs, and the magnitudes that each variant says."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.exact import Backprop
from estimators.feedback.sign_symmetry import Equal, Fixed, Magnitudes, Redrawn, SignSymmetry
from estimators.objective import ModuleObjective
from tests.estimators.feedback.by_hand import NETWORKS, cosine, estimated, gradient, wide

VARIANTS = {"equal": Equal(), "fixed": Fixed(), "redrawn": Redrawn()}


def sigma(weight: Tensor) -> float:
    return 1 / math.sqrt(3 * weight[0].numel())


@pytest.mark.parametrize("network", NETWORKS)
def test_equal_magnitudes_give_the_pass_back_by_hand(network: str) -> None:
    objective = NETWORKS[network]()
    found, kept = estimated(SignSymmetry(), objective)
    feedback = {name: sigma(p) * p.detach().sign() for name, p in objective.parameters.items() if p.dim() > 1}
    torch.testing.assert_close(found, gradient(objective, lambda name, transposed, _: transposed(feedback[name])))
    assert not kept


@pytest.mark.parametrize("network", NETWORKS)
def test_fixed_magnitudes_give_the_pass_back_by_hand(network: str) -> None:
    objective = NETWORKS[network]()
    found, kept = estimated(SignSymmetry(Fixed()), objective)
    feedback = {name: magnitudes * objective.parameters[name].detach().sign() for name, magnitudes in kept.items()}
    torch.testing.assert_close(found, gradient(objective, lambda name, transposed, _: transposed(feedback[name])))
    assert all(float(magnitudes.min()) >= 0 for magnitudes in kept.values())
    assert all(float(kept[name].max()) <= math.sqrt(3) * sigma(kept[name]) for name in kept)


@pytest.mark.parametrize("variant", VARIANTS)
def test_feedback_has_the_signs_of_the_weights_and_its_magnitudes_the_law_declared(variant: str) -> None:
    """With one output, what comes back to the hidden layer is the feedback itself times the one error."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(1, 4096), nn.Linear(4096, 1)).double()
    objective = ModuleObjective(module, functional.mse_loss, (torch.ones(1, 1).double(), torch.zeros(1, 1).double()))
    found, _ = estimated(SignSymmetry(VARIANTS[variant]), objective)
    feedback, unit = found["0.bias"] / found["1.bias"], sigma(module[1].weight)
    assert torch.equal(feedback.sign(), module[1].weight.detach()[0].sign())
    share = feedback.abs() / (math.sqrt(3) * unit)
    assert float(feedback.square().mean().sqrt()) == pytest.approx(unit, rel=0.05)
    if variant == "equal":
        torch.testing.assert_close(feedback.abs(), torch.full_like(feedback, unit))
    else:  # Kolmogorov and Smirnov: the largest distance from the uniform law exceeds 2 / √draws three times in ten thousand
        assert float((share.sort().values - torch.linspace(0, 1, len(share))).abs().max()) < 2 / math.sqrt(len(share))


def test_redrawn_magnitudes_follow_the_generator_and_fixed_ones_do_not() -> None:
    objective = NETWORKS["perceptron"]()
    redrawn = [estimated(SignSymmetry(Redrawn()), objective, seed=seed)[0]["0.weight"] for seed in (0, 0, 1)]
    fixed = [estimated(SignSymmetry(Fixed()), objective, seed=seed)[0]["0.weight"] for seed in (0, 1)]
    assert torch.equal(redrawn[0], redrawn[1])
    assert not torch.equal(redrawn[0], redrawn[2])
    assert torch.equal(*fixed)
    assert not torch.equal(fixed[0], estimated(SignSymmetry(Fixed(seed=1)), objective)[0]["0.weight"])


@pytest.mark.parametrize(("magnitudes", "expected"), [(Equal(), math.sqrt(3) / 2), (Fixed(), 0.75), (Redrawn(), 0.75)], ids=repr)
def test_the_cosine_of_a_wide_hidden_layer_is_that_of_the_matrices(magnitudes: Magnitudes, expected: float) -> None:
    objective = wide()
    found, exact = estimated(SignSymmetry(magnitudes), objective)[0], estimated(Backprop(), objective)[0]
    units = int((exact["0.bias"] != 0).sum())
    assert cosine(found["0.bias"], exact["0.bias"]) == pytest.approx(expected, abs=5 * (1 - expected**2) / units**0.5)
    torch.testing.assert_close(found["2.weight"], exact["2.weight"])


def test_it_is_stochastic_where_magnitudes_are_redrawn() -> None:
    shapes = {"0.weight": (4, 3), "2.weight": (2, 4)}
    stochastic = {name: SignSymmetry(variant).declaration(shapes, 8).stochastic for name, variant in VARIANTS.items()}
    assert stochastic == {"equal": False, "fixed": False, "redrawn": True}
