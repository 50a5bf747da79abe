"""What a cell is expected to take follows its budget, and for known problems the number of parameters is about right."""

import pytest

from benchmarks.expectation import coordinates, expected_seconds
from benchmarks.plan import plan
from benchmarks.problems.problem import build_problem
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell
from benchmarks.request import Request
from benchmarks.suites import SUITES


def test_no_cell_is_expected_to_take_much_longer_than_its_budget() -> None:
    assert all(expected_seconds(one.cell, 0.5) <= 1.0 for one in plan(Request()).cells)


def test_more_tangents_are_expected_to_cost_more() -> None:
    costs = [
        expected_seconds(one.cell, 100.0)
        for one in plan(
            Request("custom", ("forward-gradient[k=4]", "forward-gradient[k=64]"), ("mlp",), measures=("cost",))
        ).alone
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_an_estimator_of_the_users_own_is_expected_to_draw() -> None:
    own, exact = (expected_seconds(Cell(name, "mlp", "quality"), 10.0) for name in ("my.py:Mine", "backprop"))
    assert own > 10 * exact


@pytest.mark.parametrize("text", SUITES["quick"].problems)
def test_the_number_of_parameters_is_about_right(text: str) -> None:
    count = build_problem(text).objective.coordinates()
    assert coordinates(PROBLEMS.resolve(text)) == pytest.approx(count, rel=0.6)
