"""Expectations: from the spec alone, and none where none is known."""

import math

import pytest

from estimators.registry import ESTIMATORS
from reports.expectations import closed_form


def test_a_rescaled_estimator_has_the_curve_of_its_scale() -> None:
    plain = closed_form(ESTIMATORS.canonical("multi-tangent"), "norm_ratio", 64, 4)
    unbiased = closed_form(ESTIMATORS.canonical("multi-tangent[scale=unbiased]"), "norm_ratio", 64, 4)
    assert unbiased == pytest.approx(plain * 16)


def test_what_has_no_closed_form_is_nan() -> None:
    assert math.isnan(closed_form("/nowhere/my.py:Mine", "cosine", 64, 4))
    assert math.isnan(closed_form("backprop", "cosine", 64, 4))
