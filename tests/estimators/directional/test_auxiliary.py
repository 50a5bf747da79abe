"""Local losses read every output that can be read, whatever its shape, and no gradient crosses from one site to another."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.directional.auxiliary import FEATURES, Heads, local_gradients
from estimators.objective import MissingCapability, ModuleObjective

pytestmark = pytest.mark.usefixtures("one_thread")


class Sequence(nn.Module):
    """[batch, length] tokens -> [batch, length, 4] scores, through attention, which puts out two tensors and calls no module."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.attention = nn.Embedding(7, 6), nn.MultiheadAttention(6, 2, batch_first=True)
        self.scores = nn.Linear(6, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        y, weights = self.attention(x, x, x)
        return self.scores(y + weights.mean())


class Twice(nn.Module):
    """One layer that is called twice, and a parameter of the model itself."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head, self.shift = nn.Linear(4, 4), nn.Linear(4, 3), nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.cell(self.cell(x).tanh()).tanh()) + self.shift


def mean_square(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.mse_loss(scores, targets.expand_as(scores))


def objective(kind: str) -> ModuleObjective:
    torch.manual_seed(0)
    x, labels = torch.randn(5, 4), torch.arange(5) % 3
    cases: dict[str, tuple[nn.Module, Callable[..., Tensor], Any]] = {
        "twice": (Twice(), functional.cross_entropy, (x, labels)),
        "images": (
            nn.Sequential(nn.Conv2d(2, 9, 3), nn.BatchNorm2d(9), nn.ReLU(), nn.Flatten(), nn.Linear(9 * 36, 3)),
            functional.cross_entropy,
            (torch.randn(5, 2, 8, 8), labels),
        ),
        "sequence": (Sequence(), mean_square, (torch.randint(0, 7, (5, 6)), torch.zeros(()))),
    }
    module, loss, batch = cases[kind]
    return ModuleObjective(module, loss, batch)


SHAPES = {
    "twice": {"cell": (3, 4), "cell/1/0": (3, 4)},
    "images": {"0": (3, FEATURES), "1": (3, FEATURES)},
    "sequence": {"embedding": (4, 6), "attention": (4, 6), "attention/0/1": (4, 6)},
}
"""Of the heads: [outputs, features]; none where an output has the form of the model's."""


@pytest.mark.parametrize("kind", SHAPES)
def test_every_output_has_a_head_of_its_own_that_fits(kind: str) -> None:
    heads = Heads.random(objective(kind), seed=0)
    assert {site: tuple(head.shape) for site, head in heads.weights.items()} == SHAPES[kind]


@pytest.mark.parametrize("kind", SHAPES)
def test_every_parameter_has_a_local_gradient_and_nothing_is_left_behind(kind: str) -> None:
    problem = objective(kind)
    before = {name: tensor.clone() for name, tensor in problem.module.state_dict().items()}
    gradients, of_heads = local_gradients(problem, Heads.random(problem, seed=0))
    assert all(tensor.any() for tensor in gradients.values())
    assert all(gradients[name].shape == p.shape for name, p in problem.parameters.items())
    assert all(tensor.any() for tensor in of_heads.values())
    assert all(torch.equal(tensor, before[name]) for name, tensor in problem.module.state_dict().items())
    assert all(parameter.grad is None for parameter in problem.module.parameters())
    assert not any(part._forward_hooks for part in problem.module.modules())


def test_calls_of_one_layer_add_up_and_each_is_local() -> None:
    problem = objective("twice")
    heads = Heads.random(problem, seed=0)
    found, _ = local_gradients(problem, heads)
    cell, x = problem.module.cell, problem.inputs
    first = cell(x)
    second = cell(first.detach().tanh())
    losses = [
        functional.cross_entropy(output @ heads.weights[site].T, problem.targets)
        for output, site in ((first, "cell"), (second, "cell/1/0"))
    ]
    expected = sum(torch.autograd.grad(loss, cell.weight)[0] for loss in losses)
    torch.testing.assert_close(found["cell.weight"], expected)


def test_a_parameter_used_past_the_module_that_owns_it_has_the_local_gradient_of_its_user() -> None:
    problem = objective("sequence")
    heads = Heads.random(problem, seed=0)
    found, _ = local_gradients(problem, heads)
    attention = problem.module.attention
    x = problem.module.embedding(problem.inputs).detach()
    y, _ = attention(x, x, x)
    loss = mean_square(y @ heads.weights["attention"].T, problem.targets)
    expected = torch.autograd.grad(loss, [*attention.out_proj.parameters()])
    torch.testing.assert_close(found["attention.out_proj.weight"], expected[0])
    torch.testing.assert_close(found["attention.out_proj.bias"], expected[1])


def test_heads_follow_from_their_seed_and_move_against_their_gradient() -> None:
    problem = objective("twice")
    one, same, other = (Heads.random(problem, seed) for seed in (0, 0, 7))
    assert torch.equal(one.weights["cell"], same.weights["cell"])
    assert not torch.equal(one.weights["cell"], other.weights["cell"])
    assert not torch.equal(one.weights["cell"], one.weights["cell/1/0"])
    _, gradients = local_gradients(problem, one)
    torch.testing.assert_close(one.moved(gradients, 0.5).weights["cell"], one.weights["cell"] - 0.5 * gradients["cell"])


def test_heads_of_neighbouring_seeds_and_of_different_sites_are_different() -> None:
    problem = objective("twice")
    drawn = [head for seed in range(3) for head in Heads.random(problem, seed).weights.values()]
    assert len(drawn) == 6
    assert not any(torch.equal(one, other) for number, one in enumerate(drawn) for other in drawn[:number])


def test_a_site_with_the_rows_of_the_output_is_read_in_rows_of_any_length() -> None:
    wide = ModuleObjective(
        nn.Sequential(nn.Linear(4, 2 * FEATURES), nn.ReLU(), nn.Linear(2 * FEATURES, 3)),
        functional.mse_loss,
        (torch.ones(5, 4), torch.ones(5, 3)),
    )
    assert Heads.random(wide, seed=0).weights["0"].shape == (3, 2 * FEATURES)


def test_a_model_that_puts_out_no_tensor_is_refused_with_the_reason() -> None:
    class Pair(nn.Linear):
        def forward(self, x: Tensor) -> Any:
            return super().forward(x), x

    problem = ModuleObjective(
        Pair(4, 3), lambda output, y: functional.mse_loss(output[0], y), (torch.ones(2, 4), torch.ones(2, 3))
    )
    with pytest.raises(MissingCapability, match="needs sites: the model puts out no single tensor"):
        Heads.random(problem, seed=0)
