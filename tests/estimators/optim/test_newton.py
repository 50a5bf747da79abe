"""A Newton step ends at the stationary point of a quadratic, with all of its Hessian."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some

from benchmarks.harness.flops import operations
from estimators.objective import FunctionObjective, MissingCapability
from estimators.optim.curvature import Curvature
from estimators.optim.direction import from_estimate
from estimators.optim.newton import solved
from estimators.optim.registry import build
from estimators.optim.rule import GRADIENT, HESSIAN_PRODUCT
from tests.awkward_models import WORKING
from tests.awkward_models import objective as awkward

Quadratic = Callable[[list[float], list[float]], FunctionObjective]


@pytest.mark.parametrize("eigenvalues", [[1.0, 3.0, 10.0], [1e-6, 1.0, 1e6], [-1.0, 2.0, -3.0]], ids=str)
def test_one_step_ends_at_the_stationary_point_also_of_saddles(
    eigenvalues: list[float], quadratic: Quadratic, estimated: Any
) -> None:
    objective = quadratic(eigenvalues, [9.0, -9.0, 9.0])
    rule = build("newton", objective.parameters)
    rule.step(estimated(objective), objective=objective)
    assert objective.parameters["x"].tolist() == pytest.approx([0.0, 1.0, 2.0], abs=1e-12)
    assert rule.work.products == 3


def test_damping_is_added_to_every_eigenvalue_and_lr_is_the_share_that_is_gone(quadratic: Quadratic, estimated: Any) -> None:
    objective = quadratic([1.0, 4.0], [2.0, 3.0])
    build("newton[damping=1.0,lr=0.5]", objective.parameters).step(estimated(objective), objective=objective)
    assert objective.parameters["x"].tolist() == pytest.approx([2 - 0.5 * 2 * 1 / 2, 3 - 0.5 * 2 * 4 / 5])


def test_flat_directions_are_left_alone(quadratic: Quadratic, estimated: Any) -> None:
    objective = quadratic([1.0, 0.0], [5.0, 7.0])
    build("newton", objective.parameters).step(estimated(objective), objective=objective)
    assert objective.parameters["x"].tolist() == pytest.approx([0.0, 7.0])


def regression(rows: int) -> tuple[FunctionObjective, torch.Tensor]:
    """The blog's regression and the weights it was made with: normal features, a column of ones, weights of variance 25."""
    generator = torch.Generator().manual_seed(42)
    features = torch.randn((rows, 11), generator=generator, dtype=torch.float64)
    features[:, 10] = 1
    wanted = 5 * torch.randn(11, generator=generator, dtype=torch.float64)
    targets = features @ wanted
    start = torch.randn(11, generator=generator, dtype=torch.float64)
    return FunctionObjective(lambda w: (features @ w - targets).square().mean(), start), wanted


@pytest.mark.parametrize("rows", [10_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("spec", ["newton", "newton-cg[tolerance=0]"])
def test_one_step_solves_the_regression_to_rounding(spec: str, rows: int, estimated: Any) -> None:
    """Sums over rows are rounded at about ε times the root of their number, of what they sum; ten times that is allowed."""
    objective, wanted = regression(rows)
    distance = (objective.parameters["x"].detach() - wanted).norm().item()
    build(spec, objective.parameters).step(estimated(objective), objective=objective)
    rounding = 10 * torch.finfo(torch.float64).eps * rows**0.5 * distance
    assert (objective.parameters["x"].detach() - wanted).norm().item() < rounding < 1e-10
    assert objective.loss().item() < 2 * rounding**2


def test_the_hessian_is_that_of_nested_backward_passes_on_parameters_of_every_shape(perceptron: Any, estimated: Any) -> None:
    objective = perceptron(3, 4, 2)
    rule = build("newton", objective.parameters)
    curvature = Curvature.of(from_estimate(rule.param_groups, estimated(objective)), objective)
    loss = objective.loss()
    slopes = torch.autograd.grad(loss, list(objective.parameters.values()), create_graph=True)
    together = torch.cat([slope.reshape(-1) for slope in slopes])
    rows = [
        torch.cat(
            [part.reshape(-1) for part in torch.autograd.grad(entry, list(objective.parameters.values()), retain_graph=True)]
        )
        for entry in together
    ]
    expected = torch.stack(rows)
    torch.testing.assert_close(curvature.hessian(), expected)
    torch.testing.assert_close(curvature.direction, together.detach())
    vector = torch.linspace(-1, 1, len(together), dtype=torch.float64)
    torch.testing.assert_close(curvature.product(vector), expected @ vector)


def test_parameters_that_the_rule_does_not_have_stay_and_count_as_constants(perceptron: Any, estimated: Any, given: Any) -> None:
    objective = perceptron(3, 4, 2)
    own = {name: parameter for name, parameter in objective.parameters.items() if name.startswith("2.")}
    rule = build("newton", own)
    slopes = estimated(objective).gradient
    before = objective.parameters["0.weight"].detach().clone()
    rule.step(given(**{name: slopes[name] for name in own}), objective=objective)
    assert torch.equal(objective.parameters["0.weight"], before)
    slopes = estimated(objective).gradient
    assert max(slopes[name].abs().max().item() for name in own) < 1e-12  # the last layer's loss is quadratic


@settings(deadline=None, max_examples=30)
@cases(n=some.integers(1, 6), damping=some.floats(0, 2), seed=some.integers(0, 99))
def test_solving_is_that_of_a_dense_solver(n: int, damping: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn((n, n), generator=generator, dtype=torch.float64)
    hessian = matrix @ matrix.mT + torch.eye(n, dtype=torch.float64)
    vector = torch.randn(n, generator=generator, dtype=torch.float64)
    expected = torch.linalg.solve(hessian + damping * torch.eye(n, dtype=torch.float64), vector)
    torch.testing.assert_close(solved(hessian, vector, damping), expected)


def test_a_hessian_that_is_no_number_gives_none(estimated: Any) -> None:
    assert solved(torch.tensor([[math.nan]]), torch.ones(1), 0.0).isnan().all()
    objective = FunctionObjective(lambda x: (x**3 * math.inf).sum(), torch.ones(1))
    build("newton", objective.parameters).step(estimated(objective), objective=objective)
    assert objective.parameters["x"].isnan().all()


def test_without_anything_to_descend_along_it_says_so(quadratic: Quadratic) -> None:
    objective = quadratic([1.0], [1.0])
    with pytest.raises(ValueError, match=r"nothing to descend along: no estimate was given, and no parameter has a \.grad"):
        build("newton", objective.parameters).step(objective=objective)


def test_a_gradient_and_products_take_no_more_operations_than_are_counted_for_them(perceptron: Any, estimated: Any) -> None:
    objective = perceptron(32, 32, 32, 32, 32, 32, 32)
    direction = from_estimate(build("newton-cg", objective.parameters).param_groups, estimated(objective))

    def products(count: int) -> None:
        curvature = Curvature.of(direction, objective)
        for _ in range(count):
            curvature.product(curvature.direction)

    with torch.no_grad():
        forward = operations(objective.loss)
    found = [operations(partial(products, count)) / forward for count in (0, 1, 4)]
    assert 0.8 * GRADIENT <= found[0] <= GRADIENT
    assert 0.8 * HESSIAN_PRODUCT <= found[1] - found[0] <= HESSIAN_PRODUCT
    assert found[2] - found[0] == pytest.approx(4 * (found[1] - found[0]))


# kinks between the two ends; a gradient that takes for constant what depends on the weights
UNEVEN = ("convolution, batch norm, ReLU in place", "randomised ReLU", "spectral norm")
SMOOTH = [kind for kind in WORKING if kind not in UNEVEN]


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # what torch does for trilinear products
@pytest.mark.parametrize("kind", SMOOTH)
def test_products_are_differences_of_gradients_on_awkward_models(kind: str, estimated: Any) -> None:
    problem = awkward(kind, torch.float64)
    rule = build("newton", problem.parameters)

    def slopes(step: float, vector: torch.Tensor) -> torch.Tensor:
        curvature.descend(vector, -step)
        moved = estimated(problem).gradient
        curvature.descend(vector, step)
        return torch.cat([slope.reshape(-1) for slope in moved.values()])

    with torch.no_grad():
        curvature = Curvature.of(from_estimate(rule.param_groups, estimated(problem)), problem)
        vector = torch.randn(len(curvature.direction), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        found, hessian = curvature.product(vector), curvature.hessian()
        expected = (slopes(1e-5, vector) - slopes(-1e-5, vector)) / 2e-5
    torch.testing.assert_close(hessian @ vector, found)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())


def test_an_operation_without_a_second_derivative_is_refused_by_name(estimated: Any) -> None:
    problem = awkward("EmbeddingBag", torch.float64)
    with pytest.raises(MissingCapability, match=r"needs second_derivative: .*_embedding_bag_backward"):
        build("newton-cg", problem.parameters).step(estimated(problem), objective=problem)


def test_a_loss_that_does_not_curve_has_a_hessian_of_zeros_and_moves_nothing(estimated: Any) -> None:
    objective = FunctionObjective(lambda x: 3 * x.sum(), torch.ones(2, dtype=torch.float64))
    rule = build("newton", objective.parameters)
    rule.step(estimated(objective), objective=objective)
    assert objective.parameters["x"].tolist() == [1.0, 1.0]
