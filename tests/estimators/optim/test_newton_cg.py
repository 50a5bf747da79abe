"""Conjugate gradients solve Newton's equation from products alone, and stop where the loss does not curve upwards."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some

from estimators.objective import FunctionObjective
from estimators.optim.newton_cg import conjugate_gradients
from estimators.optim.registry import build

Quadratic = Callable[[list[float], list[float]], FunctionObjective]


def test_one_step_ends_at_the_minimum_of_a_convex_quadratic(quadratic: Quadratic, estimated: Any) -> None:
    objective = quadratic([1.0, 3.0, 10.0, 3.0], [9.0, -9.0, 9.0, 4.0])
    rule = build("newton-cg", objective.parameters)
    rule.step(estimated(objective), objective=objective)
    assert objective.parameters["x"].tolist() == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=1e-9)
    assert rule.work.products == 3  # as many as there are different eigenvalues


def test_it_is_newtons_step_where_the_loss_is_convex(perceptron: Any, estimated: Any) -> None:
    steps = []
    for spec in ("newton[damping=5.0]", "newton-cg[damping=5.0]"):
        objective = perceptron(3, 4, 2)
        build(spec, objective.parameters).step(estimated(objective, "forward-gradient[k=3]"), objective=objective)
        steps.append(torch.cat([parameter.detach().reshape(-1) for parameter in objective.parameters.values()]))
    torch.testing.assert_close(*steps, rtol=1e-7, atol=1e-7)


@settings(deadline=None, max_examples=30)
@cases(n=some.integers(1, 8), seed=some.integers(0, 99))
def test_n_iterations_solve_n_equations(n: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn((n, n), generator=generator, dtype=torch.float64)
    matrix = matrix @ matrix.mT + torch.eye(n, dtype=torch.float64)
    target = torch.randn(n, generator=generator, dtype=torch.float64)
    found = conjugate_gradients(lambda v: matrix @ v, target, iterations=n, tolerance=1e-12)
    torch.testing.assert_close(found.solution, torch.linalg.solve(matrix, target), rtol=1e-6, atol=1e-8)
    assert found.products <= n


def test_it_stops_at_the_tolerance_and_at_the_number_of_iterations() -> None:
    matrix, target = torch.diag(torch.arange(1.0, 21.0, dtype=torch.float64)), torch.ones(20, dtype=torch.float64)
    rough = conjugate_gradients(lambda v: matrix @ v, target, iterations=50, tolerance=0.1)
    assert rough.products < 20
    assert 1e-3 < (matrix @ rough.solution - target).norm() / target.norm() <= 0.1
    assert conjugate_gradients(lambda v: matrix @ v, target, iterations=4, tolerance=0.0).products == 4
    assert conjugate_gradients(lambda v: matrix @ v, 0 * target, iterations=4, tolerance=0.0).products == 0


def test_where_the_loss_does_not_curve_upwards_the_step_is_the_estimate_or_what_was_found_before() -> None:
    target = torch.tensor([1.0, 1.0], dtype=torch.float64)
    down = conjugate_gradients(lambda v: -v, target, iterations=5, tolerance=0.0)
    assert down == (target, 1)
    mixed = torch.diag(torch.tensor([3.0, -1.0], dtype=torch.float64))
    found = conjugate_gradients(lambda v: mixed @ v, target, iterations=5, tolerance=0.0)
    torch.testing.assert_close(found.solution, target)  # the first length is 2 / (3 - 1)
    assert found.products == 2


def test_a_rule_on_a_hill_descends(quadratic: Quadratic, estimated: Any) -> None:
    objective = quadratic([-1.0, -1.0], [2.0, 2.0])
    before = objective.loss().item()
    build("newton-cg[lr=0.1]", objective.parameters).step(estimated(objective), objective=objective)
    assert objective.loss().item() < before
