"""Closed-form functions equal their formulas, and so do their gradients, in float64; their minima are where they should be."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from benchmarks.problems.functions import Beale, ClosedForm, Quadratic, Rosenbrock, Sphere, StyblinskiTang
from benchmarks.problems.spectra import Geometric, Given, Linear

N = 7
LIKE = torch.zeros(1, dtype=torch.float64)
POINT = [0.3, -1.2, 0.8, 2.0, -0.5, 0.1, 1.4]
SPECTRUM = (3.0, -2.0, 1.5, 1.0, 0.5, 0.25, 0.0)


def sphere(x: list[float]) -> tuple[float, list[float]]:
    return sum(a * a for a in x), [2 * a for a in x]


def rosenbrock(x: list[float]) -> tuple[float, list[float]]:
    value, gradient = 0.0, [0.0] * len(x)
    for i in range(len(x) - 1):
        bend = x[i + 1] - x[i] ** 2
        value += 100 * bend**2 + (1 - x[i]) ** 2
        gradient[i] += -400 * x[i] * bend - 2 * (1 - x[i])
        gradient[i + 1] += 200 * bend
    return value, gradient


def styblinski_tang(x: list[float]) -> tuple[float, list[float]]:
    return sum(a**4 - 16 * a**2 + 5 * a for a in x) / 2, [2 * a**3 - 16 * a + 2.5 for a in x]


def beale(x: list[float]) -> tuple[float, list[float]]:
    a, b = x
    parts = [(1.5 - a + a * b, b), (2.25 - a + a * b**2, b**2), (2.625 - a + a * b**3, b**3)]
    along_a = sum(2 * part * (power - 1) for part, power in parts)
    along_b = sum(2 * part * a * (i + 1) * b**i for i, (part, _) in enumerate(parts))
    return sum(part**2 for part, _ in parts), [along_a, along_b]


CASES: dict[str, tuple[ClosedForm, Callable[[list[float]], tuple[float, list[float]]], list[float]]] = {
    "sphere": (Sphere(N), sphere, POINT),
    "rosenbrock": (Rosenbrock(N), rosenbrock, POINT),
    "styblinski-tang": (StyblinskiTang(N), styblinski_tang, POINT),
    "beale": (Beale(), beale, POINT[:2]),
}


@pytest.mark.parametrize(("form", "oracle", "numbers"), CASES.values(), ids=CASES)
def test_value_and_gradient_equal_the_formula(
    form: ClosedForm, oracle: Callable[[list[float]], tuple[float, list[float]]], numbers: list[float]
) -> None:
    point = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
    value = form.function(LIKE, 0)(point)
    (gradient,) = torch.autograd.grad(value, point)
    expected, slope = oracle(numbers)
    assert value.item() == pytest.approx(expected, rel=1e-14)
    assert gradient.tolist() == pytest.approx(slope, rel=1e-13)


@pytest.mark.parametrize(
    ("form", "minimizer", "minimum"),
    [
        (Sphere(N), [0.0] * N, 0.0),
        (Rosenbrock(N), [1.0] * N, 0.0),
        (StyblinskiTang(N), [-2.903534027771177] * N, -39.16616570377141 * N),
        (Beale(), [3.0, 0.5], 0.0),
        (Quadratic(3, Given((4.0, 2.0, 1.0))), [0.0] * 3, 0.0),
    ],
    ids=["sphere", "rosenbrock", "styblinski-tang", "beale", "quadratic"],
)
def test_gradient_vanishes_at_the_published_minimum(form: ClosedForm, minimizer: list[float], minimum: float) -> None:
    point = torch.tensor(minimizer, dtype=torch.float64, requires_grad=True)
    value = form.function(LIKE, 0)(point)
    (gradient,) = torch.autograd.grad(value, point)
    assert value.item() == pytest.approx(minimum, abs=1e-12)
    assert gradient.abs().max().item() < 1e-12


@pytest.mark.parametrize(
    ("form", "start", "value"),
    [
        (Sphere(4), [-1, -1, -1, -1], 4.0),
        (Rosenbrock(4), [-1, 0, 0, 0], 106.0),
        (StyblinskiTang(4), [0, 0, 0, 0], 0.0),
        (Beale(), [0, 0], 14.203125),
    ],
    ids=["sphere", "rosenbrock", "styblinski-tang", "beale"],
)
def test_start_points_are_those_of_the_literature(form: ClosedForm, start: list[float], value: float) -> None:
    assert form.start().tolist() == start
    assert form.function(LIKE, 0)(form.start()).item() == value


def hessian(form: Quadratic, seed: int = 0) -> Tensor:
    matrix: Tensor = torch.func.hessian(form.function(LIKE, seed))(form.start())
    return matrix


def test_hessian_of_the_quadratic_has_the_given_eigenvalues_and_is_dense() -> None:
    matrix = hessian(Quadratic(N, Given(SPECTRUM)))
    assert torch.linalg.eigvalsh(matrix).flip(0).tolist() == pytest.approx(sorted(SPECTRUM, reverse=True), abs=1e-14)
    assert matrix.abs().min() > 1e-4


def test_value_and_gradient_of_the_quadratic_are_those_of_its_hessian() -> None:
    form = Quadratic(N, Given(SPECTRUM))
    point = torch.tensor(POINT, dtype=torch.float64, requires_grad=True)
    value = form.function(LIKE, 0)(point)
    (gradient,) = torch.autograd.grad(value, point)
    matrix = hessian(form)
    assert value.item() == pytest.approx((point @ matrix @ point).item() / 2, rel=1e-13)
    assert gradient.tolist() == pytest.approx((matrix @ point).tolist(), rel=1e-12)


def test_seed_turns_the_quadratic_and_nothing_else() -> None:
    first, second = (hessian(Quadratic(N, Given(SPECTRUM)), seed) for seed in (0, 1))
    assert (first - second).abs().max() > 0.1
    assert torch.equal(first, hessian(Quadratic(N, Given(SPECTRUM)), 0))


def test_geometric_eigenvalues_fall_in_equal_ratios() -> None:
    values = Geometric(100.0).eigenvalues(5).tolist()
    assert values == pytest.approx([100 ** (-i / 4) for i in range(5)], rel=1e-14)


def test_linear_eigenvalues_fall_in_equal_steps() -> None:
    assert Linear(4.0).eigenvalues(4).tolist() == pytest.approx([1, 0.75, 0.5, 0.25], rel=1e-14)


@pytest.mark.parametrize("spectrum", [Geometric(10.0), Linear(10.0)], ids=["geometric", "linear"])
def test_a_single_eigenvalue_is_one(spectrum: Geometric | Linear) -> None:
    assert spectrum.eigenvalues(1).tolist() == [1.0]


def test_a_spectrum_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(ValueError, match="n=3 needs 3 values, got 2"):
        Quadratic(3, Given((1.0, 2.0)))


def test_eigenvalues_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="must be numbers"):
        Given(("a", True))  # type: ignore[arg-type]


def test_minimum_of_styblinski_tang_is_the_root_of_its_cubic() -> None:
    root = -2.903534027771177
    assert math.isclose(4 * root**3 - 32 * root + 5, 0, abs_tol=1e-12)
