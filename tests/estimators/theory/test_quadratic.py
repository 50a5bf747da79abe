"""Steps along estimates on quadratics: against draws on a quadratic with a curvature of no particular form."""

import math

import numpy as np
import pytest

from estimators import theory
from estimators.theory import Law, Quadratic

N = 6
DRAWS = 4000


@pytest.fixture(scope="module")
def hessian() -> np.ndarray:
    factor = np.random.default_rng(3).standard_normal((N, N))
    return factor @ factor.T / N + np.diag(np.arange(N))


GRADIENT = np.array([1.0, -2.0, 0.5, 0.0, 1.5, -0.25])


def quadratic(h: np.ndarray, g: np.ndarray) -> Quadratic:
    diagonal = np.diag(h)
    return Quadratic(N, g @ g, g @ h @ g, np.trace(h), np.trace(h @ h), diagonal @ g**2, diagonal @ diagonal)


def estimates(v: np.ndarray, aggregation: str) -> np.ndarray:
    k, n = v.shape[1:]
    if aggregation == "projection":
        return np.einsum("bnk,bk->bn", np.linalg.pinv(v, rcond=1e-7), v @ GRADIENT)
    return np.einsum("bk,bkn->bn", v @ GRADIENT, v) * {"mean": 1 / k, "sum": 1, "mean-times-n": n / k}[aggregation]


LAWS = [Law(name, length=length) for name in ("gaussian", "rademacher", "sphere") for length in (None, "unit")]


@pytest.mark.parametrize("k", [1, 3, 6, 9])
@pytest.mark.parametrize("aggregation", ["mean", "sum", "mean-times-n", "projection"])
@pytest.mark.parametrize("law", [*LAWS, Law("sparse", (("density", 0.4),))], ids=str)
def test_the_expected_curvature_along_an_estimate(law: Law, aggregation: str, k: int, hessian, draw) -> None:
    function = quadratic(hessian, GRADIENT)
    expected = theory.expected_curvature(law, aggregation, function, k)
    if expected is None:
        assert aggregation == "projection"
        assert law.name in ("rademacher", "sparse")
        return
    e = estimates(draw(law, N, k, DRAWS), aggregation)
    found = np.einsum("bi,ij,bj->b", e, hessian, e)
    assert abs(found.mean() - expected) <= 4.5 * found.std() / DRAWS**0.5 + 1e-9 * expected


@pytest.mark.parametrize("aggregation", ["mean", "projection"])
def test_the_best_step_gains_most_and_as_much_as_expected(aggregation: str, hessian, draw) -> None:
    parts, k = ("gaussian", aggregation, quadratic(hessian, GRADIENT)), 3
    law = theory.descent(*parts, k)
    best = law.best
    gains = [law.change(best * change) for change in (0.9, 1, 1.1)]
    assert gains[1] < min(gains[0], gains[2])
    assert law.decrease == pytest.approx(-gains[1])
    e = estimates(draw(Law("gaussian"), N, k, DRAWS), aggregation)
    start = np.linalg.solve(hessian, GRADIENT)  # where the gradient of ½ xᵀHx is this one
    after = start - best * e
    found = 0.5 * (np.einsum("bi,ij,bj->b", after, hessian, after) - start @ hessian @ start)
    assert abs(found.mean() - gains[1]) <= 4.5 * found.std() / DRAWS**0.5


@pytest.mark.parametrize("k", [1, 4, 16, 64])
def test_on_the_sphere_function_steps_and_paces_are_those_of_the_table(k: int) -> None:
    n = 64
    function = Quadratic.isotropic(n, 2, squared_gradient=4 * n)
    mean, projection = (theory.moments("gaussian", aggregation, n, k) for aggregation in ("mean", "projection"))
    law = theory.descent("gaussian", "mean", function, k)
    best = law.best
    assert best == pytest.approx(k / (2 * (n + k + 1)))
    assert theory.descent("gaussian", "projection", function, k).best == pytest.approx(0.5)
    assert theory.descent("gaussian", "mean", Quadratic.isotropic(n, 1, squared_gradient=n), k).best == pytest.approx(2 * best)
    for step in (0.01, best, 0.5):
        assert theory.pace(mean, step) == pytest.approx(1 - 4 * step + 4 * step**2 * (n + k + 1) / k)
        assert theory.pace(projection, step) == pytest.approx(1 - 4 * step * (1 - step) * k / n)
        assert 1 + law.change(step) / n == pytest.approx(theory.pace(mean, step))
    assert theory.pace(mean, best) == pytest.approx(1 - mean.efficiency)
    assert theory.pace(mean, best / 3, curvature=6) == pytest.approx(theory.pace(mean, best))


@pytest.mark.parametrize(
    ("aggregation", "scale"), [("mean", "unbiased"), ("projection", "unbiased"), ("mean", "length-preserving")]
)
def test_a_rescaled_estimate_has_a_step_as_much_shorter_and_the_same_decrease(
    aggregation: str, scale: str, hessian, draw
) -> None:
    parts, k = ("gaussian", aggregation, quadratic(hessian, GRADIENT)), 3
    plain, scaled = theory.descent(*parts, k), theory.descent(*parts, k, scale)
    factor = theory.scale_factor("gaussian", aggregation, N, k, scale)
    assert scaled.best * factor == pytest.approx(plain.best)
    assert scaled.decrease == pytest.approx(plain.decrease)
    e = factor * estimates(draw(Law("gaussian"), N, k, DRAWS), aggregation)
    along = e @ GRADIENT
    assert abs(along.mean() - scaled.along) <= 4.5 * along.std() / DRAWS**0.5
    assert theory.descent("rademacher", aggregation, quadratic(hessian, GRADIENT), k, "length-preserving") is None


def test_a_typical_run_beats_the_mean_over_runs(draw) -> None:
    law, k = theory.moments("gaussian", "projection", N, 2).squared_cosine_law, 2
    typical, mean = theory.typical_pace(law), theory.pace(theory.moments("gaussian", "projection", N, k), 0.5)
    assert typical < mean
    v = draw(Law("gaussian"), N, k, 20_000)
    left = np.log1p(-(estimates(v, "projection") ** 2).sum(1) / (GRADIENT @ GRADIENT))
    assert math.log(typical) == pytest.approx(left.mean(), abs=4.5 * left.std() / 20_000**0.5)


def test_in_one_dimension_a_projection_is_the_gradient() -> None:
    function = Quadratic.isotropic(1, 3, squared_gradient=4)
    assert theory.expected_curvature("gaussian", "projection", function, 1) == 12
    assert theory.descent("gaussian", "projection", function, 1).best == pytest.approx(1 / 3)


def test_where_no_closed_form_is_known_there_is_no_step() -> None:
    function = Quadratic.isotropic(8, 2, squared_gradient=32)
    for law, aggregation in (("orthogonal", "mean"), ("rademacher", "projection"), ("gaussian", "max"), ("given", "mean")):
        assert theory.expected_curvature(law, aggregation, function, 3) is None
        assert theory.descent(law, aggregation, function, 3) is None
    assert theory.pace(theory.moments("low-rank", "mean", 8, 3), 0.1) is None
