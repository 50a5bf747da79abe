"""One batched pass of a population (`population`, `members`) gives each member the loss that it has by itself, in any model.

The oracle evaluates the loss at parameters to which the noise, formed and held, was added: the definition.
"""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.allocations import tracked
from benchmarks.harness.flops import counted_evaluations, operations
from estimators.directional.directions import Directions
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.population import losses, reason_against
from estimators.directional.regenerated import Regenerated
from estimators.directional.space import Weights
from estimators.objective import FunctionObjective, ModuleObjective, Objective
from tests.awkward_models import WORKING, objective

pytestmark = pytest.mark.usefixtures("one_thread")

DISTANCES = (0.1, -0.2)
EACH = {
    "own dropout of transposed": "the objective draws other random numbers in a batched pass",
    "spectral norm": "Batching rule not implemented for aten::div",
    "bilinear": "batching rule for aten::bilinear",
    "randomised ReLU": "do not yet support aten::rrelu",
    "own function with jvp": "it must override the setup_context",
}
"""Models whose members have a pass of their own, and a part of the reason."""


def drawn(problem: Objective, law: Directions, k: int = 3) -> Regenerated:
    return Regenerated.of(Weights().layout(problem), law, k).opened(torch.Generator().manual_seed(5))


@torch.no_grad()
def by_definition(problem: Objective, tangents: Regenerated, distances: tuple[float, ...] = DISTANCES) -> Tensor:
    held, point = tangents.all(), Weights().point(problem)

    def at(index: int, distance: float) -> Tensor:
        return problem.loss({name: value + distance * held[name][index] for name, value in point.items()})

    return torch.stack([torch.stack([at(index, distance) for distance in distances]) for index in range(tangents.k)])


@torch.no_grad()
def found(problem: Objective, tangents: Regenerated, distances: tuple[float, ...] = DISTANCES) -> Tensor:
    return losses(problem, tangents, distances)


@pytest.mark.parametrize("law", [LowRank(1), Rademacher()], ids=str)
@pytest.mark.parametrize("kind", WORKING)
def test_awkward_models_give_every_member_its_loss_and_are_left_alone(kind: str, law: Directions) -> None:
    problem = objective(kind, torch.float64)
    before = {name: tensor.clone() for name, tensor in problem.module.state_dict().items() if isinstance(tensor, Tensor)}
    tangents = drawn(problem, law)
    expected = by_definition(problem, tangents)
    for _ in range(2):  # the first call finds out how
        torch.testing.assert_close(found(problem, tangents), expected, rtol=1e-9, atol=1e-11)
    assert all(torch.equal(problem.module.state_dict()[name], tensor) for name, tensor in before.items())
    reason = reason_against(problem)
    assert EACH.get(kind, "") in reason
    assert bool(reason) is (kind in EACH)


class Scaled(nn.Module):
    """The input times a parameter, so that what comes after it differs from member to member."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


def problem_of(module: nn.Module, shape: tuple[int, ...]) -> ModuleObjective:
    generator, module = torch.Generator().manual_seed(2), module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            numbers = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(numbers / parameter[0].numel() ** 0.5)
    inputs = torch.randn(shape, generator=generator, dtype=torch.float64)
    return ModuleObjective(module, lambda output, _: output.square().sin().mean(), (inputs, torch.zeros(len(inputs))))


LAYERS = {
    "linear": (lambda: nn.Linear(7, 6), (2, 7)),
    "linear on sequences": (lambda: nn.Linear(7, 6, bias=False), (2, 3, 5, 7)),
    "convolution": (lambda: nn.Conv2d(4, 9, 3, stride=2, padding=1, dilation=2), (2, 4, 9, 9)),
    "convolution, same size": (lambda: nn.Conv2d(4, 9, 3, padding="same", bias=False), (2, 4, 5, 5)),
    "convolution in groups": (lambda: nn.Conv2d(4, 8, 3, groups=2), (2, 4, 5, 5)),
    "convolution of one dimension": (lambda: nn.Conv1d(4, 9, 3), (2, 4, 7)),
    "convolution of three dimensions": (lambda: nn.Conv3d(2, 5, 2), (2, 2, 3, 3, 3)),
}


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("before", [nn.Identity, Scaled])
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_by_factors_give_what_formed_weights_do(layer: str, before: type[nn.Module], rank: int) -> None:
    build, shape = LAYERS[layer]
    problem = problem_of(nn.Sequential(before(), build()), shape)
    tangents = drawn(problem, LowRank(rank))
    torch.testing.assert_close(found(problem, tangents), by_definition(problem, tangents), rtol=1e-10, atol=1e-12)
    assert not reason_against(problem)


class Attends(nn.Module):
    """Attention of the data, which are the same for all members, to what layers make of them."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        self.options, self.keys, self.values = options, nn.Linear(8, 8), nn.Linear(8, 6)

    def forward(self, x: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(x, self.keys(x), self.values(x), **self.options)


MASK = torch.arange(5) < torch.arange(1, 6)[:, None]


@pytest.mark.parametrize("options", [{}, {"is_causal": True, "scale": 0.3}, {"attn_mask": MASK}], ids=str)
@pytest.mark.parametrize("shape", [(5, 8), (3, 5, 8), (2, 3, 5, 8), (2, 1, 3, 5, 8)], ids=str)
def test_attention_of_any_number_of_dimensions(shape: tuple[int, ...], options: dict[str, Any]) -> None:
    problem = problem_of(Attends(options), shape)
    tangents = drawn(problem, LowRank(1))
    torch.testing.assert_close(found(problem, tangents), by_definition(problem, tangents), rtol=1e-10, atol=1e-12)
    assert not reason_against(problem)


class DifferentiatesItself(nn.Module):
    """A force: the gradient of an energy with respect to the input, by a transform of functions or on a tape of its own."""

    def __init__(self, by_tape: bool) -> None:
        super().__init__()
        self.by_tape, self.first, self.second = by_tape, nn.Linear(3, 9), nn.Linear(9, 9)

    def energy(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).tanh()).square().sum()

    def forward(self, x: Tensor) -> Tensor:
        if not self.by_tape:
            return torch.func.grad(self.energy)(x)
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return torch.autograd.grad(self.energy(x), x)[0]


@pytest.mark.parametrize("by_tape", [False, True])
def test_models_that_differentiate_by_themselves_are_given_whole_weights(by_tape: bool) -> None:
    problem = problem_of(DifferentiatesItself(by_tape), (4, 3))
    tangents = drawn(problem, LowRank(1))
    torch.testing.assert_close(found(problem, tangents), by_definition(problem, tangents), rtol=1e-9, atol=1e-11)


def test_functions_of_scalars_vectors_and_matrices_have_no_layers_at_all() -> None:
    for shape in ((), (5,), (4, 3)):
        point = torch.linspace(-1, 2, torch.Size(shape).numel(), dtype=torch.float64).view(shape)
        problem = FunctionObjective(lambda x: (x**3).sum() + x.prod(), point)
        tangents = drawn(problem, LowRank(1))
        torch.testing.assert_close(found(problem, tangents), by_definition(problem, tangents))


def test_members_that_the_loss_does_not_tell_apart_have_one_loss() -> None:
    problem = FunctionObjective(lambda x: torch.tensor(3.0), torch.zeros(2))
    assert found(problem, drawn(problem, LowRank(1))).tolist() == [[3.0, 3.0]] * 3


def test_the_loss_is_evaluated_once_for_all() -> None:
    problem = problem_of(nn.Linear(7, 6), (2, 7))
    with counted_evaluations(problem) as evaluations:
        found(problem, drawn(problem, LowRank(1), k=20))
    assert evaluations() == 1


def perceptron(width: int, batch: int) -> ModuleObjective:
    return problem_of(nn.Sequential(*[layer for _ in range(3) for layer in (nn.Linear(width, width), nn.Tanh())]), (batch, width))


def test_the_data_meet_the_first_layer_once_and_all_members_meet_the_others_in_one_product() -> None:
    problem, k = perceptron(64, batch=8), 10
    tangents = drawn(problem, LowRank(2), k)
    layer, thin = 2 * 8 * 64 * 64, 2 * 8 * 2 * (64 + 64)
    assert operations(lambda: found(problem, tangents)) == layer + 20 * 2 * layer + 20 * 3 * thin


class Embeds(nn.Module):
    """Rows of a table, and the table once more as a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.out = nn.Embedding(300, 200), nn.Linear(200, 300, bias=False)
        self.out.weight = self.table.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.table((x[:, :3] * 50).long() % 300).mean(1).tanh())


ONLY_FACTORS = {
    "dense layers": (lambda: nn.Sequential(*[layer for _ in range(3) for layer in (nn.Linear(200, 200), nn.Tanh())]), (2, 200)),
    "convolutions": (lambda: nn.Sequential(nn.Conv2d(9, 100, 3), nn.Tanh(), nn.Conv2d(100, 200, 3)), (1, 9, 5, 5)),
    "encoder layer": (lambda: nn.TransformerEncoderLayer(128, 2, 256, 0.0, batch_first=True), (1, 2, 128)),
    "embedding, tied": (Embeds, (2, 200)),
}


@pytest.mark.parametrize("kind", ONLY_FACTORS)
def test_no_weight_of_a_member_is_ever_formed(kind: str) -> None:
    build, shape = ONLY_FACTORS[kind]
    problem, k = problem_of(build(), shape), 24
    tangents = drawn(problem, LowRank(1), k)
    torch.testing.assert_close(found(problem, tangents), by_definition(problem, tangents), rtol=1e-9, atol=1e-11)
    largest = max(8 * parameter.numel() for parameter in problem.parameters.values())
    assert tracked(lambda: found(problem, tangents)).peak < 2 * k * largest / 8


class OutOfTurnError(Exception):
    """Ends an evaluation."""


def test_an_exception_comes_through_and_leaves_no_transform_behind() -> None:
    def fails(x: Tensor) -> Tensor:
        raise OutOfTurnError

    problem = FunctionObjective(fails, torch.zeros(2))
    with pytest.raises(OutOfTurnError):
        found(problem, drawn(problem, LowRank(1)))
    assert torch._C._functorch.maybe_current_level() is None
