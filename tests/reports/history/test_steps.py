"""A step is found where one is planted and none where there is only noise; what is exact needs no statistics."""

import math
import random

import pytest

from reports.history.quantities import KNOWN, in_unit
from reports.history.steps import THRESHOLD, steps

MULTIPLE, CALLS, COSINE = KNOWN["multiple"], KNOWN["forward_calls"], KNOWN["cosine_distance"]
SERIES, COMMITS, NOISE = 200, 30, 0.02  # the noise that multiples have from process to process


def noisy(seed: int, levels: list[float]) -> list[float]:
    source = random.Random(seed)
    return [level * math.exp(source.gauss(0, NOISE)) for level in levels]


def test_noise_of_two_percent_is_never_called_a_step() -> None:
    found = [step for seed in range(SERIES) for step in steps(noisy(seed, [2.6] * COMMITS), MULTIPLE)]
    assert found == []


@pytest.mark.parametrize(("factor", "least"), [(1.2, 36), (0.8, 36), (4.0, 40)])
@pytest.mark.parametrize("at", [5, 15, 25])
def test_a_planted_step_is_found_where_it_is(factor, at, least) -> None:
    planted = [2.6] * at + [2.6 * factor] * (COMMITS - at)
    found = [steps(noisy(seed, planted), MULTIPLE) for seed in range(40)]
    exact = [one[0] for one in found if len(one) == 1 and one[0].at == at]
    assert len(exact) >= least
    assert all(len(one) <= 1 for one in found)
    assert all(step.settled and step.worse == (factor > 1) for step in exact)
    assert all(step.after / step.before == pytest.approx(factor, rel=3 * NOISE) for step in exact)


def test_a_change_below_the_threshold_is_none_and_one_beyond_it_is() -> None:
    half = COMMITS // 2
    for relative, expected in ((0.04, 0), (0.06, 1)):
        assert len(steps([1.0] * half + [1 + relative] * half, MULTIPLE)) == expected
    assert THRESHOLD == 0.05
    assert len(steps([1.0] * half + [1.04] * half, MULTIPLE, threshold=0.03)) == 1


def test_the_newest_value_alone_is_not_settled() -> None:
    [step] = steps([1.0, 1.01, 0.99, 1.0, 1.01, 2.0], MULTIPLE)
    assert (step.at, step.settled) == (5, False)


def test_a_single_value_that_the_level_returns_from_is_passed_over() -> None:
    assert steps([1.0, 1.01, 0.99, 3.0, 1.0, 1.01, 0.99], MULTIPLE) == []


def test_of_exact_numbers_every_difference_is_a_step() -> None:
    found = steps([1.0, 1.0, 3.0, None, 1.0, 1.0], CALLS)
    assert [(step.at, step.before, step.after, step.settled) for step in found] == [(2, 1.0, 3.0, True), (4, 3.0, 1.0, True)]
    assert [step.at for step in steps([1e6, 1e6, 1e6 + 1], KNOWN["peak_bytes"])] == [2]


def test_differences_that_are_rounding_are_no_steps() -> None:
    assert steps([2.5, 2.5 * (1 + 1e-12)], KNOWN["flop_multiple"]) == []
    assert steps([0.0, 1e-9, 0.0, 5e-8, 5e-8, 5e-8], COSINE) == []


def test_absolute_times_are_not_judged() -> None:
    assert steps([1.0] * 10 + [2.0] * 10, in_unit("seconds")) == []


@pytest.mark.parametrize("values", [[], [None, None], [1.0], [None, 1.0, None], [1.0, 1.0], [0.0, 0.0]])
@pytest.mark.parametrize("quantity", [MULTIPLE, CALLS], ids=["measured", "exact"])
def test_what_has_no_two_different_values_has_no_step(values, quantity) -> None:
    assert steps(values, quantity) == []


def test_a_step_across_commits_without_a_value_begins_at_the_first_that_has_one() -> None:
    [step] = steps([1.0, 1.0, 1.0, None, None, 2.0, 2.0, 2.0], MULTIPLE)
    assert step.at == 5


def test_a_step_to_or_from_zero_is_larger_than_any_other() -> None:
    [step] = steps([0.0, 5.0], CALLS)
    assert step.size == math.inf
