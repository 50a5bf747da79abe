"""Closed forms within a subspace, or spread over one, are the means of draws from the definitions; limits are known laws."""

import numpy as np
import pytest

from estimators import theory

BOUND, DRAWS, N = 4.5, 4000, 7
G = np.cos(1.0 + 2.0 * np.arange(N)) / np.linalg.norm(np.cos(1.0 + 2.0 * np.arange(N)))


def basis(size: int) -> np.ndarray:
    """[n, size], orthonormal."""
    return np.linalg.qr(np.random.default_rng(3).standard_normal((N, size)))[0]


def agree(estimates: np.ndarray, claimed: theory.Moments) -> None:
    squares, along = (estimates**2).sum(1), estimates @ G
    cosine = along / np.sqrt(squares)
    found = {
        "along": along,
        "squared_norm": squares,
        "norm": np.sqrt(squares),
        "cosine": cosine,
        "squared_cosine": cosine**2,
        "relative_error": ((estimates - G) ** 2).sum(1),
    }
    for name, values in found.items():
        value = getattr(claimed, name)
        if value is not None:
            assert abs(values.mean() - value) <= BOUND * values.std() / DRAWS**0.5 + 1e-12, name


@pytest.mark.parametrize("aggregation", ["mean", "projection"])
@pytest.mark.parametrize("k", [1, 2])
def test_an_estimate_in_a_subspace_is_that_of_the_gradients_part_there(k: int, aggregation: str) -> None:
    Q = basis(3)
    share = float(((Q.T @ G) ** 2).sum())
    v = np.random.default_rng(5).standard_normal((DRAWS, k, 3)) @ Q.T
    if aggregation == "mean":
        estimates = np.einsum("bk,bkn->bn", v @ G, v) / k
    else:
        estimates = np.einsum("bnk,bk->bn", np.linalg.pinv(v), v @ G)
    claimed = theory.in_subspace("gaussian", aggregation, 3, k, share)
    assert {claimed.along, claimed.squared_norm, claimed.cosine, claimed.norm}.isdisjoint({None})
    agree(estimates, claimed)


def test_a_subspace_that_holds_all_of_the_gradient_has_the_error_of_its_own_dimension() -> None:
    assert theory.in_subspace("gaussian", "mean", 3, 2) == theory.moments("gaussian", "mean", 3, 2)
    assert theory.in_subspace("gaussian", "mean", 3, 2).relative_error == (3 + 1) / 2


def test_what_has_no_closed_form_has_none_in_a_subspace() -> None:
    assert theory.in_subspace("unheard of", "mean", 3, 2, 0.5) == theory.Moments()


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize(("alpha", "size"), [(0.0, 2), (0.5, 2), (0.3, 1), (1.0, 2), (0.5, 7)])
def test_tangents_spread_over_a_subspace_have_the_moments_of_draws(alpha: float, size: int, k: int) -> None:
    Q, rng = basis(size), np.random.default_rng(11)
    covariance = alpha * np.eye(N) + (1 - alpha) * N / size * Q @ Q.T
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(values.clip(0))
    v = rng.standard_normal((DRAWS, k, N)) @ root.T
    estimates = np.einsum("bk,bkn->bn", v @ G, v) / k
    agree(estimates, theory.spread(N, k, alpha, size, float(((Q.T @ G) ** 2).sum())))
    assert np.abs(estimates.mean(0) - covariance @ G).max() <= BOUND * (estimates.std(0) / DRAWS**0.5).max()


def test_spread_over_everything_is_the_plain_forward_gradient() -> None:
    for alpha, size, share in ((1.0, 2, 0.3), (0.0, 7, 1.0)):
        found, plain = theory.spread(7, 3, alpha, size, share), theory.moments("gaussian", "mean", 7, 3)
        assert found.along == pytest.approx(plain.along)
        assert found.squared_norm == pytest.approx(plain.squared_norm)


def test_a_random_subspace_leaves_no_bias_on_average() -> None:
    n, size = 50, 5  # the mean share of a random subspace
    assert theory.spread(n, 1, 0.5, size, size / n).along == pytest.approx(1)


def test_the_efficiency_grows_with_the_share_that_the_subspace_holds() -> None:
    found = [theory.spread(1000, 1, 0.5, 4, share).efficiency for share in (0.0, 0.01, 0.1, 0.5, 1.0)]
    assert found == sorted(found)
    assert found[-1] > 100 * found[0]
