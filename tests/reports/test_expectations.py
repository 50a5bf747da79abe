"""Expectations: from the spec alone, and none where none is known."""

import math

import pytest

from estimators.registry import ESTIMATORS
from reports.expectations import closed_form


def expectation(spec: str, metric: str, n: float = 64, k: float = 4) -> float:
    return closed_form(ESTIMATORS.canonical(spec), metric, n, k)


def test_a_rescaled_estimator_has_the_curve_of_its_scale() -> None:
    plain, unbiased = (expectation(spec, "norm_ratio") for spec in ("multi-tangent", "multi-tangent[scale=unbiased]"))
    assert unbiased == pytest.approx(plain * 16)


@pytest.mark.parametrize(("degrees", "length", "factor"), [(30, "unit", 1), (30, "none", 1), (60, "none", 1), (30, "sqrt-n", 64)])
def test_the_curve_of_tangents_at_an_angle_is_that_of_its_degrees_and_length(degrees: int, length: str, factor: int) -> None:
    spec = f"forward-gradient[directions=angle[degrees={degrees}],k=16,length={length}]"
    cosine, sine = math.cos(math.radians(degrees)) ** 2, math.sin(math.radians(degrees)) ** 2
    pairs = 16 + 30 * cosine + 15 * 14 * (cosine**2 + sine**2 / 63)
    assert expectation(spec, "squared_norm_ratio", 64, 16) == pytest.approx(factor**2 * pairs / (256 * 64))
    assert math.isnan(expectation(spec, "cosine", 64, 16))


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ("forward-gradient[directions=sparse]", (63 + 10) / 4 - 1 / 4),
        ("forward-gradient[directions=sparse[density=0.5]]", (63 + 2) / 4 - 1 / 4),
        ("forward-gradient[directions=gaussian]", 65 / 4),
        ("forward-gradient[directions=gaussian,length=sqrt-n]", 63 / 4),
        ("rdsa", 65 / 4),
    ],
)
def test_the_parameters_of_a_law_decide_its_curve(spec: str, value: float) -> None:
    assert expectation(spec, "relative_error") == pytest.approx(value)


def test_the_projection_does_not_depend_on_lengths() -> None:
    specs = ["multi-tangent[directions=gaussian]", "multi-tangent[directions=angle,length=sqrt-n]", "multi-tangent[length=unit]"]
    assert [expectation(spec, "cosine") for spec in specs] == pytest.approx([0.2359] * 3, abs=5e-5)


@pytest.mark.parametrize(
    "spec",
    [
        "backprop",
        "forward-gradient[directions=low-rank]",
        "forward-gradient[directions=block]",
        "forward-gradient[directions=given[vectors=((1,0),(0,1))]]",
        "forward-gradient[derivative=one-measurement]",
    ],
)
def test_what_has_no_closed_form_for_every_gradient_is_nan(spec: str) -> None:
    assert math.isnan(expectation(spec, "cosine"))
    assert math.isnan(expectation(spec, "relative_error"))


def test_a_foreign_estimator_has_no_closed_form() -> None:
    assert math.isnan(closed_form("/nowhere/my.py:Mine", "cosine", 64, 4))
