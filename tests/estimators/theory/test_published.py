"""The closed forms give the numbers of the reference tables, to the digits given there."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estimators import theory
from estimators.theory import Law, Quadratic

PUBLISHED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))


def rows(table: str) -> list[Any]:
    return [pytest.param(*row, id="-".join(map(str, row[:3]))) for row in PUBLISHED[table]["rows"]]


def whole(table: str) -> list[Any]:
    return [pytest.param(row, id="-".join(map(str, row[:2]))) for row in PUBLISHED[table]["rows"]]


def sphere_function(n: int) -> Quadratic:
    """The sum of xᵢ² at a point whose coordinates are all 1 or -1."""
    return Quadratic.isotropic(n, 2, squared_gradient=4 * n)


def best_step(aggregation: str, n: int, k: int) -> float:
    """Of Gaussian tangents, on the sphere function."""
    descent = theory.descent("gaussian", aggregation, sphere_function(n), k)
    assert descent is not None
    return descent.best


def agrees(value: float, text: str) -> bool:
    """Whether a value rounds to the digits of a text."""
    half = 0.5 * 10.0 ** Decimal(text).as_tuple().exponent
    return abs(value - float(text)) <= half * (1 + 1e-6)


@pytest.mark.parametrize("row", whole("check"))
def test_gaussian_mean_and_projection_have_the_metrics_of_the_check_table(row: list[Any]) -> None:
    n, k, *texts = row
    mean, projection = (theory.expected("gaussian", aggregation, n, k) for aggregation in ("mean", "projection"))
    metrics = PUBLISHED["check"]["columns"][2:]
    found = [(projection if place > 4 else mean)[metric] for place, metric in enumerate(metrics)]
    assert [text for value, text in zip(found, texts, strict=True) if not agrees(value, text)] == []


@pytest.mark.parametrize(("n", "k", "mean", "projection"), rows("cosines"))
def test_expected_cosines_are_those_of_the_grid(n: int, k: int, mean: str, projection: str) -> None:
    assert agrees(theory.mean_cosine(n, k), mean)
    assert agrees(theory.projection_cosine(n, k), projection)


@pytest.mark.parametrize("law", ["rademacher", "sphere"])
@pytest.mark.parametrize(("n", "k", "squared", "error", "efficiency"), rows("signs_and_sphere"))
def test_signs_and_the_sphere_have_one_length_and_error(
    law: str, n: int, k: int, squared: str, error: str, efficiency: str
) -> None:
    found = theory.expected(law, "mean", n, k)
    assert agrees(found["squared_norm_ratio"], squared)
    assert agrees(found["relative_error"], error)
    assert agrees(found["efficiency"], efficiency)


@pytest.mark.parametrize(("k", "degrees", "cosine", "norm", "projection"), rows("angle"))
def test_tangents_at_an_angle(k: int, degrees: float, cosine: float, norm: float, projection: str) -> None:
    law = Law("angle", (("degrees", degrees),))
    assert agrees(theory.projection_cosine(64, k), projection)
    assert theory.expected(law, "projection", 64, k) == theory.expected("gaussian", "projection", 64, k)
    found = theory.expected(law, "mean", 64, k)
    assert not {"cosine", "norm_ratio"} & set(found)
    assert (norm - 0.0005) ** 2 < found["squared_norm_ratio"]  # E² < E of the square; the norm is given to three decimals


@pytest.mark.slow
@pytest.mark.parametrize(("k", "degrees", "cosine", "norm", "projection"), rows("angle"))
def test_draws_at_an_angle_have_the_published_means(
    k: int, degrees: float, cosine: float, norm: float, projection: str, draw
) -> None:
    law, g, count = Law("angle", (("degrees", degrees),)), np.eye(64)[0], 4000
    v = draw(law, 64, k, count)
    estimate = np.einsum("bk,bkn->bn", v @ g, v) / k
    norms = np.linalg.norm(estimate, axis=1)
    for found, published in ((estimate[:, 0] / norms, cosine), (norms, norm)):
        error = found.std() / count**0.5 * (1 + (count / (20_000 if k < 64 else 5000))) ** 0.5  # of both Monte Carlo runs
        assert abs(found.mean() - published) < 4.5 * error + 0.0005  # three decimals are given


@pytest.mark.parametrize("rates", [row for row in PUBLISHED["sphere_learning_rates"]["rows"] if row[0] >= 16])
def test_searched_learning_rates_lie_near_the_best_ones_of_the_theory(rates: list[float]) -> None:
    n, columns = int(rates[0]), PUBLISHED["sphere_learning_rates"]["columns"]
    for (aggregation, k), rate in zip((column.split() for column in columns[2:]), rates[2:], strict=True):
        if aggregation == "mean" or int(k) < n:  # a projection onto all of the space is the gradient, and has a wide choice
            best = best_step(aggregation, n, int(k))
            assert 0.79 <= rate / best <= 1.22, (aggregation, k)


@pytest.mark.parametrize(("n", "k", "rate"), rows("best_sphere_rates"))
def test_the_best_rate_of_the_mean_on_the_sphere_function(n: int, k: int, rate: str) -> None:
    best = best_step("mean", n, k)
    assert best == pytest.approx(k / (2 * (n + k + 1)))
    assert agrees(best, rate)


@pytest.mark.parametrize(("n", "aggregation", "k", "loss"), rows("sphere_losses"))
def test_a_thousand_steps_on_the_sphere_function_end_at_the_expected_loss(n: int, aggregation: str, k: int, loss: str) -> None:
    best = best_step(aggregation, n, k)
    assert agrees(n * theory.pace(theory.moments("gaussian", aggregation, n, k), best) ** 1000, loss)


@pytest.mark.parametrize(("n", "step", "error"), rows("forward_difference"))
def test_forward_differences_add_their_noise(n: int, step: float, error: str) -> None:
    function = sphere_function(n)
    exact = theory.expected("gaussian", "mean", n, 1)["relative_error"] * function.squared_gradient
    assert agrees(exact + theory.forward_difference_error("gaussian", function, 1, step), error)
