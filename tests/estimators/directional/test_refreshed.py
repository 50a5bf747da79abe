"""LOZO and SubZero are the two-point estimate along noise of which some factors stay: how long, and what that leaves out.

The oracle forms the tangent that an estimate names and takes the central difference along it: the definition.
"""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmarks.harness.flops import operations
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.memory import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import build_problem
from estimators.directional.lozo import Lozo
from estimators.directional.refreshed import Refreshed
from estimators.directional.space import Weights
from estimators.directional.subzero import Subzero
from estimators.estimator import Factors
from estimators.objective import FunctionObjective, ModuleObjective, Objective
from tests.awkward_models import WORKING, objective

pytestmark = pytest.mark.usefixtures("one_thread")

BOTH = [Lozo(rank=2, refresh=3), Subzero(rank=2, refresh=3)]


def generator(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def function(*shape: int) -> FunctionObjective:
    slope = torch.linspace(-1, 2, math.prod(shape), dtype=torch.float64).view(shape)
    return FunctionObjective(lambda x: (slope * x).sum(), torch.zeros(shape, dtype=torch.float64))


def perceptron() -> ModuleObjective:
    numbers = generator(1)
    module = nn.Sequential(nn.Linear(9, 8), nn.Tanh(), nn.Linear(8, 7)).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=numbers, dtype=torch.float64) / 3)
    x, y = (torch.randn((4, width), generator=numbers, dtype=torch.float64) for width in (9, 7))
    return ModuleObjective(module, nn.functional.mse_loss, (x, y))


@torch.no_grad()
def by_definition(problem: Objective, tangent: dict[str, Tensor], step: float) -> dict[str, Tensor]:
    point = Weights().point(problem)
    above, below = (
        problem.loss({name: value + distance * tangent[name][0] for name, value in point.items()}) for distance in (step, -step)
    )
    return {name: (above - below) / (2 * step) * rows[0] for name, rows in tangent.items()}


def drawn(estimator: Refreshed, problem: Objective, count: int, seed: int = 7) -> list[dict[str, Tensor]]:
    """The tangents of some estimates in a row."""
    state, numbers, found = estimator.init(problem), generator(seed), []
    for _ in range(count):
        _, state = estimator.estimate(problem, state, generator=numbers)
        found.append(estimator.tangents(state))
    return found


@pytest.mark.parametrize("kind", WORKING)
@pytest.mark.parametrize("estimator", BOTH, ids=str)
def test_every_estimate_is_the_central_difference_along_its_tangent(estimator: Refreshed, kind: str) -> None:
    problem, numbers = objective(kind, torch.float64), generator()
    state = estimator.init(problem)
    for _ in range(2):
        found, state = estimator.estimate(problem, state, generator=numbers)
        expected = by_definition(problem, estimator.tangents(state), estimator.step)
        for name, tensor in found.items():
            torch.testing.assert_close(tensor, expected[name], rtol=1e-6, atol=1e-7)


def ranks(rows: list[Tensor]) -> tuple[int, int]:
    """The dimensions that matrices, stacked over and beside each other, have rows and columns in."""
    return int(torch.linalg.matrix_rank(torch.cat(rows), rtol=1e-9)), int(torch.linalg.matrix_rank(torch.cat(rows, 1), rtol=1e-9))


@pytest.mark.parametrize(("estimator", "columns"), [(BOTH[0], 6), (BOTH[1], 2)], ids=["lozo", "subzero"])
def test_factors_stay_for_as_many_estimates_as_asked_and_no_longer(estimator: Refreshed, columns: int) -> None:
    first, second = (
        [tangent["x"][0] for tangent in part] for part in (lambda t: (t[:3], t[3:]))(drawn(estimator, function(9, 8), 6))
    )
    assert ranks(first) == ranks(second) == (2, columns)
    assert ranks([first[0], second[0]]) == (4, 4)


@pytest.mark.parametrize("estimator", BOTH, ids=str)
def test_what_is_not_kept_is_fresh(estimator: Refreshed) -> None:
    problem = perceptron()
    first, second, _ = drawn(estimator, problem, 3)
    for name in first:
        assert not torch.allclose(first[name], second[name])


@pytest.mark.parametrize("estimator", BOTH, ids=str)
def test_one_state_and_one_seed_give_one_estimate_whatever_came_between(estimator: Refreshed) -> None:
    problem, numbers = perceptron(), generator()
    _, state = estimator.estimate(problem, estimator.init(problem), generator=numbers)
    first = estimator.estimate(problem, state, generator=generator(3))[0].gradient
    _, later = estimator.estimate(problem, state, generator=generator(4))
    for _ in range(4):
        _, later = estimator.estimate(problem, later, generator=numbers)
    again = estimator.estimate(problem, state, generator=generator(3))[0].gradient
    assert all(torch.equal(again[name], tensor) for name, tensor in first.items())


@pytest.mark.parametrize("estimator", BOTH, ids=str)
def test_estimates_are_handed_on_as_factors_and_the_factors_kept_are_nobodys_to_change(estimator: Refreshed) -> None:
    problem = perceptron()
    found, state = estimator.estimate(problem, estimator.init(problem), generator=generator())
    before = {name: rows.clone() for name, rows in estimator.tangents(state).items()}
    handed = dict(found.factors())
    assert {name for name, each in handed.items() if isinstance(each, Factors)} == {"0.weight", "2.weight"}
    for each in handed.values():
        for tensor in each if isinstance(each, Factors) else (each,):
            tensor.zero_()
    assert all(torch.equal(rows, before[name]) for name, rows in estimator.tangents(state).items())


LAWS = [(Lozo(rank=rank, refresh=1), (3, 4), 12 + 1 + 2 * 8 / rank) for rank in (1, 2)]
LAWS += [(Subzero(rank=rank, refresh=1), (3, 4), 12 + 2 * 12 / min(rank, 3) ** 2 - 1) for rank in (1, 2, 24)]
LAWS += [(Subzero(rank=2, refresh=50), (5,), 5.0 + 1), (Lozo(refresh=50), (5,), 5.0 + 1)]


@pytest.mark.parametrize(("estimator", "shape", "error"), LAWS, ids=str)
def test_estimates_of_fresh_factors_are_unbiased_and_err_as_declared(
    estimator: Refreshed, shape: tuple[int, ...], error: float
) -> None:
    draws, declared = 600, estimator.declaration({"x": shape}, None)
    assert declared.unbiased
    assert declared.relative_error == pytest.approx(error)
    assert declared.eta == pytest.approx(1 / (1 + error))
    slope = torch.linspace(-1, 2, math.prod(shape), dtype=torch.float64)
    tangents = torch.stack([tangent["x"].flatten() for tangent in drawn(estimator, function(*shape), draws)])
    estimates = (tangents @ slope)[:, None] * tangents
    errors = (estimates - slope).square().sum(1) / slope.square().sum()
    assert abs(errors.mean() - error) <= 5 * errors.std() / math.sqrt(draws)
    assert ((estimates.mean(0) - slope).abs() <= 5 * estimates.std(0) / math.sqrt(draws)).all()


@pytest.mark.parametrize("kind", [Lozo, Subzero])
def test_estimates_that_share_factors_tend_to_a_part_of_the_gradient(kind: type[Refreshed]) -> None:
    problem, estimator, draws = function(6, 5), kind(rank=2, refresh=10_000), 1500
    state, numbers, found = estimator.init(problem), generator(), []
    for _ in range(draws):
        estimate, state = estimator.estimate(problem, state, generator=numbers)
        found.append(estimate.gradient["x"])
    slope = torch.linspace(-1, 2, 30, dtype=torch.float64).view(6, 5)
    if kind is Lozo:
        right = state.directions.columns["x"]
        part = slope @ right @ right.mT / 2
    else:
        left, right = state.directions.bases["x"]
        part = 6 * 5 / 2**2 * left @ left.mT @ slope @ right @ right.mT
    estimates = torch.stack(found)
    assert ((estimates.mean(0) - part).abs() <= 5 * estimates.std(0) / math.sqrt(draws)).all()
    assert (part - slope).norm() > 0.5 * slope.norm()
    assert not estimator.declaration({"x": (6, 5)}, None).unbiased


def test_the_bases_of_a_subspace_are_orthonormal() -> None:
    problem, estimator = perceptron(), Subzero(rank=3)
    _, state = estimator.estimate(problem, estimator.init(problem), generator=generator())
    for bases in state.directions.bases.values():
        for basis in bases:
            torch.testing.assert_close(basis.mT @ basis, torch.eye(3, dtype=torch.float64))


@pytest.mark.parametrize("spec", ["mlp[depth=2,width=128]", "mlp[depth=3,width=20]", "logistic-regression"])
@pytest.mark.parametrize("estimator", [Lozo(rank=3), Subzero(), Subzero(rank=2)], ids=str)
def test_operations_are_as_declared(estimator: Refreshed, spec: str) -> None:
    problem = build_problem(spec).objective
    with torch.no_grad():
        base = operations(problem.loss)
    gradient = Gradient(problem, estimator, generator())
    shapes = {name: tuple(parameter.shape) for name, parameter in problem.parameters.items()}
    declared = estimator.declaration(shapes, problem.batch_size).forward_multiple
    assert operations(lambda: gradient.run(1)) / base == pytest.approx(declared)


def test_convolutions_leave_the_operations_undeclared() -> None:
    for estimator in BOTH:
        assert estimator.declaration({"kernel": (4, 3, 2, 2), "weight": (5, 4)}, 8).forward_multiple is None


@pytest.mark.parametrize(("estimator", "numbers"), [(Lozo(rank=2), 2 * 256), (Subzero(rank=3), 3 * 512)], ids=str)
def test_what_is_kept_between_calls_is_the_factors(estimator: Refreshed, numbers: int) -> None:
    problem = build_problem("mlp[depth=8,width=256,batch=16,data=synthetic[features=256,classes=10]]")
    found = {metric.metric: metric.value for metric in measure(problem, estimator, Settings()).metrics}
    classes = 4 * (2 * 256 if isinstance(estimator, Lozo) else 3 * (256 + 10))
    assert found["kept_bytes"] == 4 * 8 * numbers + classes
    assert found["peak_bytes"] < found["kept_bytes"] + 1.5 * 4 * 256 * 256  # one layer's estimate


def test_there_are_no_tangents_before_the_first_estimate() -> None:
    with pytest.raises(ValueError, match="names no tangents yet"):
        Lozo().tangents(Lozo().init(function(3, 4)))


@pytest.mark.parametrize("kind", [Lozo, Subzero])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rank": 0}, "rank must be 1 or more, got 0"),
        ({"refresh": 0}, "refresh must be 1 or more, got 0"),
        ({"step": 0.0}, "step must be positive, got 0"),
    ],
)
def test_bad_arguments_are_named(kind: type[Refreshed], arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        kind(**arguments)
