"""The closed forms agree with the numbers of the literature's check tables and with plain Monte Carlo."""

import math

import numpy as np
import pytest

from estimators import theory

# n, k -> E cos, E cos², E norm, E norm², MSE of the mean; E cos, E cos² of the projection (Gaussian; four digits)
TABLE = {
    (2, 1): (0.6366, 0.5, 1.273, 4.0, 3.0, 0.6366, 0.5),
    (8, 1): (0.2910, 0.125, 2.328, 10.0, 9.0, 0.2910, 0.125),
    (8, 4): (0.5798, 0.3636, 1.595, 3.25, 2.25, 0.6857, 0.5),
    (8, 8): (0.7198, 0.5333, 1.35, 2.125, 1.125, 1, 1),
    (8, 32): (0.9046, 0.8205, 1.102, 1.281, 0.281, 1, 1),
    (64, 1): (0.1001, 0.01562, 6.408, 66.0, 65.0, 0.1001, 0.0156),
    (64, 16): (0.4445, 0.2025, 2.195, 5.062, 4.062, 0.4942, 0.25),
    (1024, 16): (0.1222, 0.01540, 7.935, 65.06, 64.06, 0.1231, 0.0156),
    (1024, 256): (0.4470, 0.2002, 2.233, 5.004, 4.004, 0.4996, 0.25),
}
GRID = {(16, 64): (0.8994, 1), (4096, 16): (0.0614, 0.0615), (65536, 1024): (0.1240, 0.1250), (16384, 1): (0.0062, 0.0062)}


@pytest.mark.parametrize(("n", "k"), TABLE)
def test_gaussian_moments_match_the_published_check_table(n: int, k: int) -> None:
    mean, projection = (theory.expected("gaussian", law, n, k) for law in ("mean", "projection"))
    names = ("cosine", "squared_cosine", "norm_ratio", "squared_norm_ratio", "relative_error")
    found = [mean[name] for name in names] + [projection["cosine"], projection["squared_cosine"]]
    assert found == pytest.approx(TABLE[n, k], rel=3e-3)


@pytest.mark.parametrize(("n", "k"), GRID)
def test_expected_cosines_match_the_published_grid(n: int, k: int) -> None:
    assert (theory.mean_cosine(n, k), theory.projection_cosine(n, k)) == pytest.approx(GRID[n, k], abs=5.1e-5)


def test_large_tangent_counts_do_not_overflow() -> None:
    assert theory.projection_cosine(2**20, 2**19) == pytest.approx(math.sqrt(0.5), rel=1e-5)
    assert theory.mean_cosine(2**20, 400) == pytest.approx(math.sqrt(400 / 2**20), rel=1e-3)


def draws(law: str, n: int, k: int, count: int) -> np.ndarray:
    """[count, k, n] tangents, straight from the definitions."""
    rng = np.random.default_rng(7)
    v = rng.standard_normal((count, k, n))
    if law == "rademacher":
        return np.where(v > 0, 1.0, -1.0)
    if law == "orthogonal":
        return np.linalg.qr(v.transpose(0, 2, 1))[0].transpose(0, 2, 1) * math.sqrt(n)
    return v * math.sqrt(n) / np.linalg.norm(v, axis=2, keepdims=True) if law == "sphere" else v


@pytest.mark.parametrize("scale", [None, "unbiased", "length-preserving"])
@pytest.mark.parametrize("aggregation", ["mean", "sum", "mean-times-n", "projection"])
@pytest.mark.parametrize("law", ["gaussian", "rademacher", "sphere", "orthogonal"])
@pytest.mark.parametrize(("n", "k"), [(1, 1), (5, 1), (6, 4), (64, 3)])
def test_every_closed_form_is_the_mean_of_draws(law: str, aggregation: str, scale: str | None, n: int, k: int) -> None:
    expected = theory.expected(law, aggregation, n, k, scale)
    v, g = draws(law, n, k, 20_000), np.linspace(0.2, 1, n) / np.linalg.norm(np.linspace(0.2, 1, n))
    d = v @ g
    if aggregation == "projection":
        c = np.einsum("bij,bj->bi", np.linalg.pinv(v @ v.transpose(0, 2, 1), rcond=1e-9, hermitian=True), d)
    else:
        c = d * {"mean": 1 / k, "sum": 1, "mean-times-n": n / k}[aggregation]
    try:
        estimate = np.einsum("bk,bkn->bn", c, v) * theory.scale_factor(law, aggregation, n, k, scale)
    except ValueError:
        assert "norm_ratio" not in expected  # where no factor is known, no claim depends on it
        return
    along, norm = estimate @ g, np.linalg.norm(estimate, axis=1)
    cosine = along / np.maximum(norm, 1e-300)
    samples = {
        "cosine": cosine,
        "squared_cosine": cosine**2,
        "norm_ratio": norm,
        "squared_norm_ratio": norm**2,
        "relative_error": ((estimate - g) ** 2).sum(1),
    }
    for name, value in expected.items():
        if name != "efficiency":
            error = samples[name].std() / math.sqrt(len(norm))
            assert abs(samples[name].mean() - value) <= 5 * error + 1e-9, name
    if "efficiency" in expected:
        assert along.mean() ** 2 / (norm**2).mean() == pytest.approx(expected["efficiency"], rel=0.15, abs=1e-9)


def test_no_closed_form_is_claimed_where_none_is_known() -> None:
    assert theory.expected("given", "mean", 10, 2) == {}
    assert "cosine" not in theory.expected("rademacher", "mean", 10, 1)
    assert theory.expected("rademacher", "projection", 10, 4) == {}
    assert theory.expected("basis", "sum", 10, 4) == {}
    assert theory.expected("gaussian", "median", 10, 4) == {}


def test_an_unknown_scale_factor_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="length-preserving has no closed form for directions=rademacher with aggregation=mean"):
        theory.scale_factor("rademacher", "mean", 100, 4, "length-preserving")


def test_the_basis_sums_to_the_gradient_at_k_equal_n() -> None:
    found = theory.expected("basis", "sum", 5, 5)
    assert found.pop("relative_error") == 0
    assert found == pytest.approx(
        dict.fromkeys(("cosine", "squared_cosine", "norm_ratio", "squared_norm_ratio", "efficiency"), 1)
    )
