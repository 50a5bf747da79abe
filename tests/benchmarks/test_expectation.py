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
    measured = [one.cell for one in plan(Request(measures=("cost", "memory", "quality"))).cells]
    assert all(expected_seconds(cell, 0.5) <= 1.5 for cell in measured)


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


def test_what_no_budget_bounds_is_expected_to_grow_with_the_problem() -> None:
    for kind in ("cost", "memory", "quality"):
        small, large = (expected_seconds(Cell("spsa", f"mlp[width={width}]", kind), 0.05) for width in (64, 4096))
        assert large > 10 * small


def test_fixed_draws_are_expected_to_take_their_time_and_no_more() -> None:
    cell = Cell("forward-gradient[directions=gaussian,k=1]", "mlp", "quality")
    few, many, enough = (expected_seconds(cell, 100.0, draws) for draws in (100, 10_000, None))
    assert few < enough < many


def test_one_tangent_a_coordinate_is_as_many_as_there_are_coordinates() -> None:
    every, few = (expected_seconds(Cell(name, "sphere[n=16384]", "memory"), 1.0) for name in ("forward-mode", "forward-gradient"))
    assert every > 10 * few


MODELS = ("cnn4", "resnet18[width=16]", "vit", "transformer", "recurrent", "recurrent[cell=gru,depth=2]")


@pytest.mark.parametrize("text", [*SUITES["quick"].problems, *SUITES["depth"].problems[:3], *MODELS])
def test_the_number_of_parameters_is_about_right(text: str) -> None:
    count = build_problem(text).objective.coordinates()
    assert coordinates(PROBLEMS.resolve(text)) == pytest.approx(count, rel=0.6)
