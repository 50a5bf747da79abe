"""What finite differences add on quadratics: against estimates from the differences themselves."""

import numpy as np
import pytest

from estimators import theory
from estimators.theory import Law, Quadratic

N, STEP, DRAWS = 6, 0.7, 6000


@pytest.fixture(scope="module")
def problem() -> tuple[np.ndarray, np.ndarray]:
    """The curvature and the point of f = ½ xᵀHx."""
    rng = np.random.default_rng(5)
    factor = rng.standard_normal((N, N))
    return factor @ factor.T / N + np.eye(N), rng.standard_normal(N)


def loss(h: np.ndarray, x: np.ndarray) -> np.ndarray:
    return 0.5 * np.einsum("...i,ij,...j->...", x, h, x)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize(
    "law", [Law(name, length=x) for name in ("gaussian", "rademacher", "sphere") for x in (None, "unit")], ids=str
)
def test_forward_differences_add_what_the_closed_form_says(law: Law, k: int, problem, draw) -> None:
    h, x = problem
    g, v = h @ x, draw(law, N, k, DRAWS)
    function = Quadratic(N, g @ g, g @ h @ g, np.trace(h), np.trace(h @ h), np.diag(h) @ g**2, np.diag(h) @ np.diag(h))
    differences = (loss(h, x + STEP * v) - loss(h, x)) / STEP
    exact, estimated = (np.einsum("bk,bkn->bn", d, v) / k for d in (v @ g, differences))
    added = ((estimated - g) ** 2).sum(1) - ((exact - g) ** 2).sum(1)
    expected = theory.forward_difference_error(law, function, k, STEP)
    assert abs(added.mean() - expected) <= 4.5 * added.std() / DRAWS**0.5
    mean_error = np.abs((estimated - exact).mean(0)) / ((estimated - exact).std(0) / DRAWS**0.5)
    assert mean_error.max() < 4.5  # noise, and no bias


def test_central_differences_add_nothing_on_a_quadratic(problem, draw) -> None:
    h, x = problem
    v = draw(Law("gaussian"), N, 3, 100)
    differences = (loss(h, x + STEP * v) - loss(h, x - STEP * v)) / (2 * STEP)
    assert differences == pytest.approx(v @ (h @ x), abs=1e-12)


def test_on_the_sphere_function_the_error_is_that_of_the_table() -> None:
    n, k, step = 50, 4, 0.2
    function = Quadratic.isotropic(n, 2, squared_gradient=1.0)
    assert theory.forward_difference_error("gaussian", function, k, step) == pytest.approx(step**2 * n * (n + 2) * (n + 4) / k)
    for law in ("rademacher", "sphere"):  # of one length, so of one curvature here
        assert theory.forward_difference_error(law, function, k, step) == pytest.approx(step**2 * n**3 / k)


def test_other_laws_have_no_closed_form() -> None:
    assert theory.forward_difference_error("sparse", Quadratic.isotropic(8, 2, 1.0), 1, 0.1) is None
    assert theory.forward_difference_error("orthogonal", Quadratic.isotropic(8, 2, 1.0), 1, 0.1) is None


def test_rounding_grows_as_the_step_shrinks_and_has_the_size_of_the_estimate() -> None:
    epsilon, x = float(np.finfo(np.float32).eps), np.linspace(1, 2, 4001)
    for step in (1e-3, 1e-4, 1e-5):
        plus, at = (np.float32(x + move).astype(float) for move in (step, 0.0))  # a loss of slope 1, rounded
        errors = np.abs((plus - at) / step - 1)
        bound = theory.rounding_error(2, step, epsilon)
        assert bound / 4 < errors.max() <= bound
