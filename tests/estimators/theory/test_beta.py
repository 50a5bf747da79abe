"""The Beta laws of the squared cosine: moments to many digits, in any dimension."""

import math

import numpy as np
import pytest

from estimators.theory import Beta, mean_cosine, mean_law, projection_cosine, projection_law


@pytest.mark.parametrize(
    ("n", "k"), [(2, 1), (5, 3), (64, 16), (101, 100), (65536, 1), (65536, 1024), (10**9, 1), (10**9, 10**8)]
)
def test_a_projection_in_two_steps_is_one_projection(n: int, k: int) -> None:
    """E χ_k/E χ_n is a product over steps, and Γ(x+½)/Γ(x) · Γ(x+1)/Γ(x+½) = x: E cos (n, k) E cos (n+1, k+1) = k/n."""
    assert projection_cosine(n, k) * projection_cosine(n + 1, k + 1) == pytest.approx(k / n, rel=2e-13)
    assert mean_cosine(n, k) * mean_cosine(n, k + 1) == pytest.approx(k / (n + k - 1), rel=2e-13)


@pytest.mark.parametrize(("n", "value"), [(1, 1), (2, 2 / math.pi), (3, 1 / 2), (4, 4 / (3 * math.pi)), (5, 3 / 8)])
def test_one_tangent_has_the_mean_cosine_of_a_point_on_the_sphere(n: int, value: float) -> None:
    assert mean_cosine(n, 1) == pytest.approx(value, rel=1e-13)
    assert projection_cosine(n, 1) == pytest.approx(value, rel=1e-13)


def test_expansions_for_many_coordinates() -> None:
    assert mean_cosine(10**9, 1) == pytest.approx(math.sqrt(2 / (math.pi * 10**9)), rel=1e-8)
    assert mean_cosine(10**8, 16) == pytest.approx(math.sqrt(16 / 10**8) * (1 - 1 / 64), rel=2e-4)
    assert mean_cosine(2**20, 2**20) == pytest.approx(math.sqrt(0.5), rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.5, 31.5), (2, 3), (8, 24), (40, 80), (200, 5)])
def test_moments_are_the_integrals_of_the_density(a: float, b: float) -> None:
    """By the midpoint rule after x = sin² t, which leaves no poles: the density of t is sin^(2a-1) t cos^(2b-1) t."""
    t = (np.arange(200_000) + 0.5) * (math.pi / 2 / 200_000)
    log_weight = (2 * a - 1) * np.log(np.sin(t)) + (2 * b - 1) * np.log(np.cos(t))
    weight = np.exp(log_weight - log_weight.max())
    law = Beta(a, b)
    for found, values in (
        (law.mean, np.sin(t) ** 2),
        (law.mean_root, np.sin(t)),
        (law.mean_log_complement, 2 * np.log(np.cos(t))),
    ):
        assert found == pytest.approx((weight * values).sum() / weight.sum(), rel=1e-5)


@pytest.mark.parametrize(("a", "b"), [(1, 0.5), (3, 2.5), (8, 24), (2, 10**6)])
def test_the_mean_logarithm_is_a_finite_sum_for_a_whole_parameter(a: int, b: float) -> None:
    assert Beta(a, b).mean_log_complement == pytest.approx(
        -sum(1 / (b + step) for step in range(a)), rel=1e-8 if b > 1e5 else 1e-12
    )


def test_what_spans_the_space_is_a_point_mass() -> None:
    for law in (mean_law(1, 3), projection_law(4, 4), projection_law(4, 9)):
        assert (law.mean, law.mean_root, law.mean_log_complement) == (1, 1, -math.inf)
