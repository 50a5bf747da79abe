"""EGGROLL is the mean of central differences along noise of low rank, as cheap as its members' passes are together.

The oracle forms the noise and evaluates the loss member by member: the definition.
"""

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmarks.harness.allocations import tracked
from benchmarks.harness.flops import operations
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.memory import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import build_problem
from estimators.directional.eggroll import Eggroll
from estimators.directional.space import Weights
from estimators.estimator import Factors
from estimators.objective import FunctionObjective, ModuleObjective, Objective
from tests.awkward_models import objective

pytestmark = pytest.mark.usefixtures("one_thread")

LITTLE = 4096  # bytes of losses, biases and the layer of the classes


def generator(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def by_definition(problem: Objective, noise: dict[str, Tensor], step: float) -> dict[str, Tensor]:
    point, k = Weights().point(problem), len(next(iter(noise.values())))
    estimate = {name: torch.zeros_like(value) for name, value in point.items()}
    for i in range(k):
        above, below = (
            problem.loss({name: value + distance * noise[name][i] for name, value in point.items()}) for distance in (step, -step)
        )
        for name, total in estimate.items():
            total += (above - below) / (2 * step * k) * noise[name][i]
    return estimate


def perceptron(*widths: int, batch: int = 4) -> ModuleObjective:
    numbers = generator(1)
    layers = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.Tanh())]
    module = nn.Sequential(*layers).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=numbers, dtype=torch.float64) / parameter.shape[-1] ** 0.5)
    x, y = (torch.randn((batch, width), generator=numbers, dtype=torch.float64) for width in (widths[0], widths[-1]))
    return ModuleObjective(module, nn.functional.mse_loss, (x, y))


PROBLEMS = {
    "perceptron": lambda: perceptron(9, 8, 7),
    "function": lambda: FunctionObjective(lambda x: (x**3).sum(), torch.linspace(-1, 1, 12, dtype=torch.float64).view(3, 4)),
    "convolution, batch norm": lambda: objective("convolution, batch norm, ReLU in place", torch.float64),
    "tied and frozen": lambda: objective("tied and frozen", torch.float64),
    "encoder layer": lambda: objective("encoder layer", torch.float64),
}


@pytest.mark.parametrize(("members", "rank"), [(2, 1), (6, 1), (6, 3), (4, 9)])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_it_is_the_mean_of_central_differences_along_noise_that_is_formed(problem: str, members: int, rank: int) -> None:
    made, estimator = PROBLEMS[problem](), Eggroll(members=members, rank=rank)
    found, state = estimator.estimate(made, estimator.init(made), generator=generator())
    noise = estimator.tangents(state)
    assert {len(rows) for rows in noise.values()} == {members // 2}
    expected = by_definition(made, noise, estimator.step)
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-6, atol=1e-7)


def test_noise_has_the_rank_asked_for_on_every_matrix() -> None:
    problem, estimator = perceptron(9, 8, 7), Eggroll(members=4, rank=2)
    _, state = estimator.estimate(problem, estimator.init(problem), generator=generator())
    for name in ("0.weight", "2.weight"):
        assert torch.linalg.matrix_rank(estimator.tangents(state)[name], rtol=1e-9).tolist() == [2, 2]


def test_the_estimate_is_handed_on_as_factors_of_all_pairs_side_by_side() -> None:
    problem, estimator = perceptron(9, 8, 7), Eggroll(members=6, rank=1)
    found, _ = estimator.estimate(problem, estimator.init(problem), generator=generator())
    handed = dict(found.factors())
    assert {name for name, each in handed.items() if isinstance(each, Factors)} == {"0.weight", "2.weight"}
    assert (handed["0.weight"].left.shape, handed["0.weight"].right.shape) == ((8, 3), (9, 3))
    torch.testing.assert_close(handed["0.weight"].product((8, 9)), found.gradient["0.weight"])


def test_the_error_is_the_declared_one_on_a_matrix() -> None:
    slope, draws, estimator = torch.linspace(-1, 2, 12, dtype=torch.float64).view(3, 4), 400, Eggroll(members=8, rank=2)
    problem = FunctionObjective(lambda x: (slope * x).sum(), torch.zeros(3, 4, dtype=torch.float64))
    state, numbers, errors = estimator.init(problem), generator(), []
    for _ in range(draws):
        found, state = estimator.estimate(problem, state, generator=numbers)
        errors.append(float((found.gradient["x"] - slope).square().sum() / slope.square().sum()))
    mean, deviation = torch.tensor(errors).mean(), torch.tensor(errors).std()
    declared = estimator.declaration({"x": (3, 4)}, None).relative_error
    assert declared == pytest.approx((12 + 1 + 2 * (3 + 4 + 1) / 2) / 4)
    assert abs(mean - declared) <= 5 * deviation / math.sqrt(draws)


def test_the_length_does_not_depend_on_the_step() -> None:
    slope = torch.linspace(-1, 2, 12, dtype=torch.float64).view(3, 4)
    problem = FunctionObjective(lambda x: (slope * x).sum(), torch.zeros(3, 4, dtype=torch.float64))
    estimates = [
        each.estimate(problem, each.init(problem), generator=generator())[0].gradient["x"]
        for each in (Eggroll(step=0.01), Eggroll(step=0.01).with_step(100))
    ]
    torch.testing.assert_close(*estimates)


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize(("widths", "rank"), [((64, 64, 64, 64), 3), ((40, 96, 8), 2), ((6, 5, 4), 5)])
def test_operations_are_as_declared(widths: tuple[int, ...], rank: int, batch: int) -> None:
    problem, estimator = perceptron(*widths, batch=batch), Eggroll(members=20, rank=rank)
    with torch.no_grad():
        base = operations(problem.loss)
    gradient = Gradient(problem, estimator, generator())
    shapes = {name: tuple(parameter.shape) for name, parameter in problem.parameters.items()}
    multiple = operations(lambda: gradient.run(1)) / base
    assert multiple == pytest.approx(estimator.declaration(shapes, batch).forward_multiple)


def test_convolutions_leave_the_operations_undeclared() -> None:
    assert Eggroll().declaration({"kernel": (4, 3, 2, 2), "weight": (5, 4)}, 8).forward_multiple is None


@pytest.mark.parametrize("members", [16, 64])
def test_memory_is_that_of_one_layer_for_each_member_and_nothing_is_kept(members: int) -> None:
    width, batch, layers = 256, 4, 8
    problem = build_problem(f"mlp[depth={layers},width={width},batch={batch},data=synthetic[features=256,classes=10]]")
    measured = measure(problem, Eggroll(members=members), Settings())
    found = {metric.metric: metric.value for metric in measured.metrics}
    activations, noise, weight = 4 * batch * width * members, 4 * 2 * width * members, 4 * width * width
    assert found["kept_bytes"] == 0
    assert measured.facts["tracker_agrees"]
    # in a pass a layer's input, the product of all and the part of each, with A and B; after it a weight's estimate and factors
    assert abs(found["peak_bytes"] - max(3 * activations + noise, weight + noise / 2)) <= LITTLE
    assert found["peak_bytes"] < members / 2 * layers * weight / 8  # an eighth of as many vectors as there are pairs


def test_reading_forms_one_tensor_at_a_time() -> None:
    problem, estimator = perceptron(*[128] * 9, batch=2), Eggroll(members=16)
    found, _ = estimator.estimate(problem, estimator.init(problem), generator=generator())

    def read() -> None:
        for formed in found.items():
            del formed

    assert tracked(read).peak < 1.5 * 8 * 128 * 128


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"members": 7}, "members must be an even number of 2 or more, got 7"),
        ({"members": 0}, "members must be an even number of 2 or more, got 0"),
        ({"rank": 0}, "rank must be 1 or more, got 0"),
        ({"step": 0.0}, "step must be positive, got 0"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Eggroll(**arguments)
