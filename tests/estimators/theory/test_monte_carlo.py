"""Every closed form is the mean over tangents drawn from the law's definition, for a dense gradient and for a single coordinate.

Bounds are 4.5 standard errors, estimated from the same draws: below 1e-5 for a false alarm each, at fixed seeds.
"""

import numpy as np
import pytest

from estimators import theory
from estimators.theory import Law

BOUND = 4.5
DRAWS = {1: 1000, 6: 3000, 64: 600}  # by dimension

ANY_TENSORS = (
    *(Law(name, length=length) for name in ("gaussian", "rademacher", "sphere") for length in (None, "unit")),
    Law("gaussian", length="sqrt-n"),
    *(Law("sparse", (("density", 0.4),), length) for length in (None, "sqrt-n")),
    *(Law("orthogonal", length=length) for length in (None, "unit")),
    *(Law("angle", (("degrees", degrees),)) for degrees in (0.0, 30.0, 90.0)),
    Law("angle", (("degrees", 60.0),), "sqrt-n"),
    *(Law("varying-length", (("longest", 3.0),), length) for length in (None, "unit")),
    *(Law("basis", length=length) for length in (None, "sqrt-n")),
    *(Law("antithetic-gaussian", length=length) for length in (None, "unit")),
    Law("antithetic-sparse", (("density", 0.4),)),
)
ALIKE, UNEQUAL, MATRIX, VECTOR = ((3,), (3,)), ((2,), (4,)), ((2, 3),), ((6,),)
SIX_COORDINATES = (
    *(Law("block", (), length, shapes) for shapes in (ALIKE, UNEQUAL, VECTOR) for length in (None, "sqrt-n")),
    *(Law("low-rank", (("rank", rank),), length, MATRIX) for rank in (1, 2) for length in (None, "unit")),
    *(Law("subspace", (("rank", rank),), None, MATRIX) for rank in (1, 2, 3)),
    *(Law("subspace", (("rank", 1),), None, shapes) for shapes in (VECTOR, ((1, 3), (3, 1)), ((2,), (2, 2)))),
    *(Law("low-rank", (), None, shapes) for shapes in (VECTOR, ((6, 1),), ((1, 3), (3, 1)), ((2, 2), (1, 2)), ((2,), (2, 2)))),
)
CASES = [(law, n, k) for law in ANY_TENSORS for n, k in ((1, 1), (1, 3), (6, 1), (6, 3), (6, 6), (6, 8), (64, 3))]
CASES += [(law, 6, k) for law in SIX_COORDINATES for k in (1, 3, 6, 8)]


def name_of(case: tuple[Law, int, int]) -> str:
    law, n, k = case
    return f"{law} {law.shapes or ''} n={n} k={k}".replace("  ", " ")


def mean(v: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.einsum("bk,bkn->bn", v @ g, v) / v.shape[1]


def projection(v: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.einsum("bnk,bk->bn", np.linalg.pinv(v, rcond=1e-7), v @ g)


def samples(estimate: np.ndarray, g: np.ndarray) -> dict[str, np.ndarray]:
    """Metric -> [N] values whose mean is the metric; for the ratio of means, its linearisation."""
    along, squared = estimate @ g, (estimate**2).sum(1)
    cosine = np.divide(along, np.sqrt(squared), out=np.zeros_like(along), where=squared > 0)
    a, s = along.mean(), squared.mean()
    return {
        "cosine": cosine,
        "squared_cosine": cosine**2,
        "norm_ratio": np.sqrt(squared),
        "squared_norm_ratio": squared,
        "relative_error": ((estimate - g) ** 2).sum(1),
        "efficiency": a**2 / s + 2 * a / s * (along - a) - (a / s) ** 2 * (squared - s) if s else squared,
    }


def agree(law: Law, aggregation: str, n: int, k: int, estimate: np.ndarray, g: np.ndarray) -> None:
    """Under every scale that has a factor; and where it has none, no claim depends on it."""
    for scale in (None, *theory.SCALES):
        expected = theory.expected(law, aggregation, n, k, scale)
        try:
            factor = theory.scale_factor(law, aggregation, n, k, scale)
        except ValueError:
            assert not {"norm_ratio", "squared_norm_ratio", "relative_error"} & set(expected)
            factor = 1.0
        found = samples(estimate * factor, g)
        for metric, value in expected.items():
            error = found[metric].std() / len(estimate) ** 0.5
            assert abs(found[metric].mean() - value) <= BOUND * error + 1e-9 * (1 + value), (aggregation, scale, metric)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_closed_forms_are_the_means_of_draws(case, draw) -> None:
    law, n, k = case
    v, dense = draw(law, n, k, DRAWS[n]), np.cos(1.0 + 2.0 * np.arange(n))
    for g in (dense / np.linalg.norm(dense), np.eye(n)[n // 2]):
        averaged = mean(v, g)
        agree(law, "projection", n, k, projection(v, g), g)
        agree(law, "mean", n, k, averaged, g)
        agree(law, "sum", n, k, averaged * k, g)
        agree(law, "mean-times-n", n, k, averaged * n, g)
        if k == 1:
            agree(law, "max", n, k, averaged, g)


@pytest.mark.parametrize(("law", "n", "k"), [(Law("gaussian"), 8, 4), (Law("sphere"), 8, 1), (Law("orthogonal"), 8, 4)], ids=str)
@pytest.mark.parametrize("aggregation", ["mean", "projection"])
def test_the_squared_cosine_has_its_law(law: Law, aggregation: str, n: int, k: int, draw) -> None:
    g = np.full(n, n**-0.5)
    beta = theory.moments(law, aggregation, n, k).squared_cosine_law
    v = draw(law, n, k, 4000)
    estimate = (mean if aggregation == "mean" else projection)(v, g)
    squared = samples(estimate, g)["squared_cosine"]
    same = np.random.default_rng(11).beta(beta.a, beta.b, len(squared))
    both = np.concatenate([squared, same])
    distance = np.abs(np.searchsorted(np.sort(squared), both) - np.searchsorted(np.sort(same), both)).max() / len(squared)
    assert distance < 2.1 * (2 / len(squared)) ** 0.5  # Smirnov: exceeded with probability 2 exp(-2 * 2.1²) = 3e-4
    assert np.log1p(-squared).mean() == pytest.approx(
        beta.mean_log_complement, abs=BOUND * np.log1p(-squared).std() / len(squared) ** 0.5
    )
