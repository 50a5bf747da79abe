"""The suites hold what is registered: every estimator, and every variant that is a method of its own."""

import pytest

from benchmarks.suites import SUITES
from benchmarks.suites.registered import AFFORDABLE, EVERY_COORDINATE, variants
from estimators.registry import ENTRIES, ESTIMATORS
from estimators.spec import Spec

METHODS = 45
"""Estimators that `full` lists at least, however many tangents each has."""


def without_numbers(spec: Spec) -> Spec:
    """The method: a spec without its integers and numbers."""
    kept = ((key, without_numbers(value) if isinstance(value, Spec) else value) for key, value in spec.parameters)
    return Spec(spec.name, tuple((key, value) for key, value in kept if not isinstance(value, (int, float))))


def test_full_lists_enough_estimators_that_differ_in_more_than_numbers() -> None:
    assert len({without_numbers(ESTIMATORS.resolve(text)) for text in SUITES["full"].estimators}) >= METHODS


def test_every_registered_estimator_is_in_the_suite_of_estimators_and_in_full() -> None:
    for suite in ("estimators", "full"):
        assert {ESTIMATORS.resolve(text).name for text in SUITES[suite].estimators} == set(ENTRIES)


def test_variants_differ_from_each_other_and_from_the_defaults() -> None:
    specs = [ESTIMATORS.canonical(text) for text in (*ENTRIES, *variants())]
    assert len(specs) == len(set(specs))


@pytest.mark.parametrize("spec", SUITES["estimators"].estimators)
def test_every_estimator_of_the_suite_can_be_built(spec: str) -> None:
    assert ESTIMATORS.build(spec) is not None


def test_those_with_a_tangent_a_coordinate_meet_the_small_problems_alone() -> None:
    met = {problem for estimator, problem in SUITES["estimators"].pairs() if estimator in EVERY_COORDINATE}
    assert met == {"sphere", "logistic-regression"}
    assert {*AFFORDABLE, *EVERY_COORDINATE} == set(ENTRIES)
