"""What is claimed, and what is not: a metric is given exactly where one number holds for every gradient."""

import itertools
import math

import numpy as np
import pytest

from estimators import theory
from estimators.registry import ESTIMATORS
from estimators.theory import Law
from estimators.theory.law import DEFAULTS

DIRECTION = {"cosine", "squared_cosine"}
ERRORS = {"squared_norm_ratio", "relative_error", "efficiency"}
ALL = DIRECTION | ERRORS | {"norm_ratio"}
EQUAL_BLOCKS = Law("block", shapes=((2, 2), (4,)))
UNEQUAL_BLOCKS = Law("block", shapes=((2, 2), (5,)))
ONE_MATRIX, TWO_ALIKE = (Law("low-rank", shapes=shapes) for shapes in (((2, 4),), ((2, 4), (4, 2))))
UNEQUAL_MATRICES, MATRIX_AND_BIAS = (Law("low-rank", shapes=shapes) for shapes in (((2, 4), (3, 2)), ((2, 4), (4,))))
AS_LARGE_IN_SUM = Law("low-rank", shapes=((2, 4), (3, 3)))

CLAIMS = [
    ("gaussian", "mean", 8, 4, ALL),
    ("gaussian", "projection", 8, 4, ALL),
    ("rademacher", "mean", 8, 1, ERRORS | {"squared_cosine"}),
    ("rademacher", "mean", 8, 4, ERRORS),
    ("rademacher", "projection", 8, 4, set()),  # signs may be dependent
    ("rademacher", "projection", 64, 32, ERRORS | {"squared_cosine"}),
    ("sphere", "mean", 8, 4, ERRORS),
    ("sphere", "mean", 8, 1, ALL),
    ("orthogonal", "mean", 8, 4, ALL),
    ("orthogonal", "mean", 8, 16, ALL),
    ("orthogonal", "mean", 8, 12, ERRORS),
    ("angle", "mean", 8, 4, ERRORS),
    ("angle", "mean", 8, 1, ALL),
    ("angle", "projection", 8, 4, ALL),
    ("varying-length", "mean", 8, 4, ERRORS),
    ("varying-length", "mean", 8, 1, ERRORS | {"squared_cosine"}),
    (Law("varying-length", length="unit"), "mean", 8, 4, ERRORS | {"squared_cosine"}),
    ("varying-length", "projection", 8, 4, ERRORS | {"squared_cosine"}),
    ("varying-length", "projection", 8, 8, ALL),
    ("basis", "mean", 8, 4, set()),
    ("basis", "mean", 8, 9, ALL),
    ("basis", "projection", 8, 4, set()),
    ("sparse", "mean", 8, 4, ERRORS),
    ("sparse", "projection", 8, 4, set()),
    ("sparse", "projection", 8, 1, ERRORS | {"squared_cosine"}),
    ("block", "mean", 8, 4, set()),  # of tensors that are not known
    (EQUAL_BLOCKS, "mean", 8, 4, ERRORS),
    (EQUAL_BLOCKS, "projection", 8, 4, ERRORS | {"squared_cosine"}),
    (EQUAL_BLOCKS, "projection", 8, 5, set()),  # five may fall on one tensor of four
    (UNEQUAL_BLOCKS, "mean", 9, 4, set()),
    (UNEQUAL_BLOCKS, "projection", 9, 4, set()),
    ("low-rank", "mean", 8, 4, set()),
    ("low-rank", "projection", 8, 8, ALL),
    (ONE_MATRIX, "mean", 8, 4, ERRORS),
    (ONE_MATRIX, "projection", 8, 4, ERRORS | {"squared_cosine"}),
    (TWO_ALIKE, "mean", 16, 1, ERRORS | {"squared_cosine"}),
    (AS_LARGE_IN_SUM, "mean", 17, 1, ERRORS),
    (UNEQUAL_MATRICES, "mean", 14, 4, set()),
    (MATRIX_AND_BIAS, "mean", 12, 4, set()),
    (MATRIX_AND_BIAS, "projection", 12, 4, set()),
    (MATRIX_AND_BIAS, "projection", 12, 12, ALL),
    (Law("subspace", (("rank", 2),), shapes=((3, 4),)), "mean", 12, 4, ERRORS),
    (Law("subspace", (("rank", 2),), shapes=((3, 4), (4,))), "mean", 16, 4, set()),
    (Law("subspace", (("rank", 2),), shapes=((2, 2), (4,))), "mean", 8, 1, ERRORS),  # of full rank it is as Gaussian
    ("given", "mean", 8, 4, set()),
    ("given", "projection", 8, 8, set()),
    ("gaussian", "median", 8, 4, set()),
    ("gaussian", "max", 8, 4, set()),
    ("gaussian", "max", 8, 1, ALL),
]


def identity(value: object) -> str:
    """The same in every process, so that tests may be spread over several."""
    return " ".join(sorted(value)) or "nothing" if isinstance(value, set) else str(value)


@pytest.mark.parametrize(("law", "aggregation", "n", "k", "claimed"), CLAIMS, ids=identity)
def test_exactly_what_holds_for_every_gradient_is_claimed(law: Law | str, aggregation: str, n: int, k: int, claimed: set) -> None:
    assert set(theory.expected(law, aggregation, n, k)) == claimed


@pytest.mark.parametrize("law", [UNEQUAL_BLOCKS, UNEQUAL_MATRICES, MATRIX_AND_BIAS, Law("low-rank"), Law("block")], ids=str)
def test_a_mean_is_unbiased_even_where_its_error_depends_on_where_the_gradient_lies(law: Law) -> None:
    assert theory.moments(law, "mean", 9, 4).along == 1
    assert theory.scale_factor(law, "sum", 9, 4, "unbiased") == pytest.approx(1 / 4)


def test_an_error_that_is_not_claimed_differs_between_gradients(draw) -> None:
    """Low rank on matrices of different form: E d² ‖v‖² is n + 2 + 2 (p + q + 1), by the form of the one that g lies in."""
    v = draw(UNEQUAL_MATRICES, 14, 1, 200_000)[:, 0]
    for coordinate, value in ((0, 14 + 2 + 2 * 7), (13, 14 + 2 + 2 * 6)):
        squared = v[:, coordinate] ** 2 * (v**2).sum(1)
        assert squared.mean() == pytest.approx(value, abs=4.5 * squared.std() / 200_000**0.5)


@pytest.mark.parametrize(("rows", "columns", "rank"), [(2, 3, 1), (2, 2, 2), (1, 3, 2), (3, 1, 2), (1, 1, 3)])
def test_the_second_moment_of_low_rank_is_that_of_exact_quadrature(rows: int, columns: int, rank: int) -> None:
    """Three nodes a Gaussian variable integrate polynomials of degree 5 in it exactly; here it is 4."""
    count = (rows + columns) * rank
    nodes = np.array(list(itertools.product((-math.sqrt(3), 0.0, math.sqrt(3)), repeat=count)))
    weights = np.where(nodes == 0, 2 / 3, 1 / 6).prod(1)
    left, right = nodes[:, : rows * rank].reshape(-1, rows, rank), nodes[:, rows * rank :].reshape(-1, rank, columns)
    v, g = (left @ right).reshape(len(nodes), -1) / math.sqrt(rank), np.cos(np.arange(1.0, rows * columns + 1))
    second = weights @ ((v @ g) ** 2 * (v**2).sum(1)) / (g @ g)
    law = Law("low-rank", (("rank", rank),), shapes=((rows, columns),))
    assert theory.expected(law, "mean", rows * columns, 1)["squared_norm_ratio"] == pytest.approx(second, rel=1e-10)


def test_rank_one_tangents_of_a_square_matrix_cost_under_one_percent_of_quality() -> None:
    law = Law("low-rank", (("rank", 1.0),), shapes=((512, 512),))
    low, full = (theory.expected(which, "mean", 512**2, 1)["squared_norm_ratio"] for which in (law, "gaussian"))
    assert low / full == pytest.approx(1.008, abs=5e-4)


def test_defaults_are_those_of_the_registry() -> None:
    table = ESTIMATORS.parts["directions"]
    numbers = {
        name: {key: parameter.default for key, parameter in entry.parameters.items() if parameter.kind in ("number", "integer")}
        for name, entry in table.items()
    }
    assert {name: values for name, values in numbers.items() if values} == DEFAULTS


@pytest.mark.parametrize("law", sorted(set(ESTIMATORS.parts["directions"]) - {"given"}))
@pytest.mark.parametrize("aggregation", ["mean", "sum", "mean-times-n", "projection"])
@pytest.mark.parametrize(
    ("n", "k"), [(1, 1), (1, 5), (2, 1), (5, 5), (5, 12), (65536, 1024), (10**9, 1), (10**9, 10**6), (10**9, 10**9)]
)
def test_claims_are_finite_and_within_their_bounds(law: str, aggregation: str, n: int, k: int) -> None:
    law_of = Law(law, shapes=((n,),))
    values = theory.expected(law_of, aggregation, n, k)
    assert all(math.isfinite(value) and value >= 0 for value in values.values())
    assert all(values.get(name, 0) <= 1 + 1e-12 for name in (*DIRECTION, "efficiency"))
    if "norm_ratio" in values:
        assert values["norm_ratio"] ** 2 <= values["squared_norm_ratio"] * (1 + 1e-9)
    if "cosine" in values:
        assert values["squared_cosine"] <= values["cosine"] * (1 + 1e-12)


@pytest.mark.parametrize("law", ["gaussian", "sphere", "orthogonal", "angle", "varying-length", "low-rank"])
@pytest.mark.parametrize(("n", "k"), [(1, 1), (1, 4), (5, 5), (5, 9)])
def test_a_projection_onto_all_of_the_space_is_the_gradient(law: str, n: int, k: int) -> None:
    found = theory.expected(law, "projection", n, k)
    assert found.pop("relative_error") == 0
    assert found == dict.fromkeys(ALL - {"relative_error"}, 1)


@pytest.mark.parametrize(("law", "sets"), [("orthogonal", 1), ("orthogonal", 7), ("basis", 1)])
@pytest.mark.parametrize("aggregation", ["mean", "sum", "mean-times-n"])
def test_whole_sets_of_orthogonal_tangents_give_a_multiple_of_the_gradient(law: str, sets: int, aggregation: str) -> None:
    for n in (1, 5, 49, 1023):
        found = theory.expected(law, aggregation, n, sets * n, "unbiased")
        assert found.pop("relative_error") == 0
        assert found == pytest.approx(dict.fromkeys(found, 1))


@pytest.mark.parametrize("k", [1, 4, 100])
def test_tangents_at_no_angle_are_one_tangent(k: int) -> None:
    parallel = Law("angle", (("degrees", 0.0),))
    for aggregation in ("mean", "projection"):
        found = theory.expected(parallel, aggregation, 16, k)
        assert found == pytest.approx(theory.expected(Law("sphere", length="unit"), aggregation, 16, 1))


@pytest.mark.parametrize("aggregation", ["mean", "sum", "mean-times-n"])
@pytest.mark.parametrize("law", ["gaussian", "rademacher", "sphere", "orthogonal", "sparse", "angle"])
def test_unit_tangents_estimate_the_nth_part_of_what_tangents_of_length_root_n_do(law: str, aggregation: str) -> None:
    unit, root = (theory.moments(Law(law, length=length), aggregation, 16, 4) for length in ("unit", "sqrt-n"))
    assert unit.along == pytest.approx(root.along / 16)
    assert unit.squared_norm == pytest.approx(root.squared_norm / 256)
    assert (unit.cosine, unit.squared_cosine) == (root.cosine, root.squared_cosine)


@pytest.mark.parametrize("law", ["gaussian", "rademacher", "sphere", "orthogonal", "sparse", "varying-length", "angle"])
@pytest.mark.parametrize("aggregation", ["mean", "projection"])
def test_the_best_factor_has_the_least_error(law: str, aggregation: str) -> None:
    plain = theory.moments(law, aggregation, 128, 4)
    best = plain.best_factor
    if best is None:
        assert (law, aggregation) == ("sparse", "projection")
        return
    errors = [plain.scaled(best * change).relative_error for change in (0.99, 1, 1.01)]
    assert errors[1] == pytest.approx(plain.least_error)
    assert errors[1] < min(errors[0], errors[2])


def test_the_best_factors_of_the_table() -> None:
    n, k = 64, 16
    gaussian, total, signs = (
        theory.moments(*parts, n, k) for parts in (("gaussian", "mean"), ("gaussian", "sum"), ("sphere", "mean"))
    )
    assert (gaussian.best_factor, gaussian.least_error) == pytest.approx((k / (n + k + 1), (n + 1) / (n + k + 1)))
    assert (total.best_factor, total.least_error) == pytest.approx((1 / (n + k + 1), (n + 1) / (n + k + 1)))
    assert (signs.best_factor, signs.least_error) == pytest.approx((k / (n + k - 1), (n - 1) / (n + k - 1)))
    projection = theory.moments("gaussian", "projection", n, k)
    assert (projection.best_factor, projection.least_error) == pytest.approx((1, 1 - k / n))


def test_a_scaled_projection_has_the_errors_of_the_table() -> None:
    n, k = 1024, 64
    assert theory.expected("gaussian", "projection", n, k, "unbiased")["relative_error"] == pytest.approx(n / k - 1)
    long = theory.expected("gaussian", "projection", n, k, "length-preserving")
    assert long["norm_ratio"] == pytest.approx(1)
    assert long["relative_error"] == pytest.approx(2 - 2 * math.sqrt(k / n), rel=0.01)


def test_an_unknown_scale_factor_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="length-preserving has no closed form for directions=rademacher with aggregation=mean"):
        theory.scale_factor("rademacher", "mean", 100, 4, "length-preserving")
    with pytest.raises(ValueError, match=r"directions=angle\[degrees=30\] with length=sqrt-n with aggregation=mean"):
        theory.scale_factor(Law("angle", (("degrees", 30.0),), "sqrt-n"), "mean", 100, 4, "length-preserving")


def test_an_unknown_length_is_refused() -> None:
    with pytest.raises(ValueError, match="length must be none or one of sqrt-n, unit, got 'metre'"):
        Law("gaussian", length="metre")
