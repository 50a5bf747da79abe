"""Direct feedback alignment sends the output's error to every layer's input, and to nothing else."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.exact import Backprop
from estimators.feedback.direct import DirectFeedbackAlignment
from estimators.objective import MissingCapability, ModuleObjective
from tests.awkward_models import Applied
from tests.estimators.feedback.by_hand import NETWORKS, cosine, estimated, gradient, perceptron, wide


def matrix(kept: dict[str, Tensor], name: str) -> Tensor:
    """The one of this weight, [numbers in the error, numbers in the layer's input]."""
    (found,) = (tensor for key, tensor in kept.items() if key.startswith(f"{name} "))
    return found


@pytest.mark.parametrize("network", NETWORKS)
def test_it_equals_the_pass_back_by_hand(network: str) -> None:
    objective = NETWORKS[network]()
    found, kept = estimated(DirectFeedbackAlignment(), objective)
    torch.testing.assert_close(found, gradient(objective, lambda name, _, error: error @ matrix(kept, name)))


def test_on_one_hidden_layer_the_weight_as_feedback_gives_backprop() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)).double()
    objective = ModuleObjective(module, functional.cross_entropy, (torch.randn(8, 5).double(), torch.arange(8) % 3))
    (key,) = estimated(DirectFeedbackAlignment(), objective)[1]
    found, _ = estimated(DirectFeedbackAlignment(), objective, {key: module[2].weight.detach().clone()})
    torch.testing.assert_close(found, estimated(Backprop(), objective)[0])


@pytest.mark.parametrize("network", NETWORKS)
def test_the_last_layer_is_exact_and_the_others_are_not(network: str) -> None:
    objective = NETWORKS[network]()
    found, exact = estimated(DirectFeedbackAlignment(), objective)[0], estimated(Backprop(), objective)[0]
    last = list(exact)[-2:]
    torch.testing.assert_close({name: found[name] for name in last}, {name: exact[name] for name in last})
    assert all(cosine(found[name], exact[name]) < 0.8 for name in exact if name not in last and name.endswith("weight"))


def test_for_random_weights_a_wide_hidden_layer_is_orthogonal_to_the_gradient() -> None:
    objective = wide()
    exact = estimated(Backprop(), objective)[0]["0.bias"]
    units = int((exact != 0).sum())
    cosines = [cosine(estimated(DirectFeedbackAlignment(seed), objective)[0]["0.bias"], exact) for seed in range(4)]
    assert max(map(abs, cosines)) < 5 / units**0.5  # standard deviations


def test_later_layers_do_not_matter_to_the_gradient_before_the_error() -> None:
    """With two weights changed so that the output stays the same, the first layer's estimate stays too: no error passed them."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.Linear(5, 3)).double()
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(7, 4).double(), torch.randn(7, 3).double()))
    before, exact = estimated(DirectFeedbackAlignment(), objective)[0], estimated(Backprop(), objective)[0]
    with torch.no_grad():
        module[2].weight.mul_(4)
        module[2].bias.mul_(4)
        module[3].weight.div_(4)
    after = estimated(DirectFeedbackAlignment(), objective)[0]
    torch.testing.assert_close(after["0.weight"], before["0.weight"])
    torch.testing.assert_close(estimated(Backprop(), objective)[0]["0.weight"], exact["0.weight"])


def test_each_position_of_a_sequence_has_its_own_error() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 5)).double()
    x, targets = torch.randn(3, 7, 4).double(), torch.randn(3, 7, 5).double()
    tokens = ModuleObjective(module, functional.mse_loss, (x, targets))
    rows = ModuleObjective(module, functional.mse_loss, (x.flatten(0, 1), targets.flatten(0, 1)))
    (found, kept), (expected, same) = (estimated(DirectFeedbackAlignment(), objective) for objective in (tokens, rows))
    torch.testing.assert_close(found, expected)
    assert [tuple(matrix.shape) for matrix in kept.values()] == [(5, 6)]
    assert list(kept) == list(same)


def test_channels_are_no_positions() -> None:
    """The input of the second convolution and the output agree in samples and channels, which says nothing of places."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv1d(2, 3, 2), nn.Conv1d(3, 3, 4))
    objective = ModuleObjective(module, functional.mse_loss, (torch.randn(2, 2, 9), torch.randn(2, 3, 5)))
    assert [tuple(matrix.shape) for matrix in estimated(DirectFeedbackAlignment(), objective)[1].values()] == [(15, 24)]


def test_an_output_for_the_whole_sequence_is_sent_to_all_positions_together() -> None:
    pooled = Applied(lambda self, x: self.b(self.a(x).tanh()).mean((1, 2)), a=nn.Linear(4, 6), b=nn.Linear(6, 5))
    objective = ModuleObjective(pooled, lambda outputs, _: outputs.square().mean(), (torch.randn(3, 7, 4), torch.zeros(3)))
    _, kept = estimated(DirectFeedbackAlignment(), objective)
    assert [tuple(matrix.shape) for matrix in kept.values()] == [(1, 42)]


def test_a_model_with_several_outputs_is_refused() -> None:
    two = Applied(lambda self, x: (self.a(x), self.a(x)), a=nn.Linear(4, 2))
    objective = ModuleObjective(two, lambda outputs, _: (outputs[0] * outputs[1]).mean(), (torch.randn(3, 4), torch.zeros(3)))
    with pytest.raises(MissingCapability, match=r"needs module: .*one tensor; the model gives a tuple"):
        estimated(DirectFeedbackAlignment(), objective)


def test_layers_that_see_the_samples_elsewhere_than_first_are_refused() -> None:
    turned = Applied(lambda self, x: self.b(self.a(x).transpose(0, 1)).transpose(0, 1), a=nn.Linear(4, 4), b=nn.Linear(4, 2))
    objective = ModuleObjective(turned, lambda outputs, _: outputs.square().mean(), (torch.randn(3, 5, 4), torch.zeros(3)))
    with pytest.raises(MissingCapability, match=r"is \(3, 5, 2\), the input of layer 'b.weight' \(5, 3, 4\)"):
        estimated(DirectFeedbackAlignment(), objective)


def test_a_loss_that_looks_past_the_output_is_refused() -> None:
    objective = perceptron()
    hidden: list[Tensor] = []
    objective.module[3].register_forward_hook(lambda *found: hidden.append(found[-1]))
    objective.loss_function = lambda output, targets: (objective.module[4](hidden[-1]) ** 2).mean()
    with pytest.raises(MissingCapability, match="other than through its output"):
        estimated(DirectFeedbackAlignment(), objective)
