"""How estimates with a memory improve is what becomes of many of them, written out from the definitions."""

import numpy as np
import pytest

from estimators import theory

BOUND, RUNS = 4.5, 3000


def projected(v: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.einsum("bnk,bk->bn", np.linalg.pinv(v), v @ g)


def after(rng: np.random.Generator, g: np.ndarray, k: int, calls: int) -> np.ndarray:
    estimate = projected(rng.standard_normal((RUNS, k, len(g))), g)
    for _ in range(calls - 1):
        fresh = rng.standard_normal((RUNS, k - 1, len(g)))
        estimate = projected(np.concatenate([estimate[:, None], fresh], axis=1), g)
    return estimate


@pytest.mark.parametrize("calls", [1, 2, 5])
@pytest.mark.parametrize(("n", "k"), [(6, 2), (9, 4), (5, 5), (1, 1)])
def test_projections_onto_the_estimate_before_and_fresh_directions(n: int, k: int, calls: int) -> None:
    g = np.full(n, n**-0.5)
    errors = ((after(np.random.default_rng(1), g, k, calls) - g) ** 2).sum(1)
    assert abs(errors.mean() - theory.remembered_direction(n, k, calls)) <= BOUND * errors.std() / RUNS**0.5 + 1e-9


@pytest.mark.parametrize("rate", [0.1, 0.4, 1.0])
@pytest.mark.parametrize("calls", [1, 2, 4])
def test_errors_with_a_running_mean_as_control_variate(rate: float, calls: int) -> None:
    n, k = 4, 2
    g, rng = np.full(n, n**-0.5), np.random.default_rng(2)
    c = np.zeros((40 * RUNS, n))
    for _ in range(calls):
        v = rng.standard_normal((len(c), k, n))
        estimate = c + np.einsum("bk,bkn->bn", np.einsum("bkn,bn->bk", v, g - c), v) / k
        c = c + rate * (estimate - c)
    errors = ((estimate - g) ** 2).sum(1)
    claimed = theory.controlled_error((n + 1) / k, rate, calls)
    assert abs(errors.mean() - claimed) <= BOUND * errors.std() / len(c) ** 0.5


def test_the_efficiency_is_the_best_rate_and_a_common_one_diverges_in_many_dimensions() -> None:
    error = 500.0
    best = 1 / (1 + error)
    assert theory.controlled_error(error, best, 2) == pytest.approx(error * error / (1 + error))
    for rate in (best / 2, best * 2):
        assert theory.controlled_error(error, rate, 2) > theory.controlled_error(error, best, 2)
    assert theory.controlled_error(error, 2 / (1 + error), 9) == pytest.approx(error)
    assert theory.controlled_error(20.0, 0.1, 100) > 20.0
