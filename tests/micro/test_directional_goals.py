"""The words for a figure follow from the times alone: reached, missed, or missed where the floor forbids the goal."""

from pathlib import Path

import pytest

from tests.micro.directional_goals import DEEP, FLOORS, GOALS, Goal, Outcome, figure, floor, goals, least_operations

PAGE = Path(__file__).parents[2] / "docs" / "directional.md"
PARTS = {"least products": 2.5, "least signs": 0.5, "least scaling": 0.25, "least moving": 0.3}


def times(**sides: float) -> list[dict[str, list[float]]]:
    """Three processes of three rounds, each twice as long as the one before: only ratios within a round mean anything.

    In the first process what is no base takes twice as long, in the last half as long.
    """
    together = {"base": 1.0, "backprop": 3.0, **PARTS, **sides}
    processes = []
    for luck in (2, 1, 0.5):
        once = {name: time if name == "base" else luck * time for name, time in together.items()}
        processes.append({name: [time, 2 * time, 4 * time] for name, time in once.items()})
    return processes


@pytest.mark.parametrize(
    ("limit", "below", "outcome"),
    [
        (3.5, "base", Outcome.REACHED),  # of 3.8, by the machine's drift
        (3.3, "base", Outcome.MISSED),  # the floor is 3.25
        (2.96, "base", Outcome.MISSED),
        (2.95, "base", Outcome.FORBIDDEN),  # 3.25 is more than a tenth above
        (1.27, "backprop", Outcome.REACHED),
        (1.1, "backprop", Outcome.MISSED),
        (1.08, "backprop", Outcome.FORBIDDEN),  # 3.25 / 3 is 1.083
    ],
)
def test_at_most(limit: float, below: str, outcome: Outcome) -> None:
    assert figure(times(rademacher=3.8), Goal("mlp", "rademacher", below, limit)).outcome is outcome


@pytest.mark.parametrize(
    ("limit", "outcome"), [(2.0, Outcome.REACHED), (2.3, Outcome.MISSED), (2.4, Outcome.FORBIDDEN)]
)  # 7.6 / 3.8 is 2, and 7.6 / 3.25 is 2.34
def test_at_least(limit: float, outcome: Outcome) -> None:
    seen = figure(times(rademacher=3.8, naive=7.6), Goal("mlp", "naive", "rademacher", limit, least=True))
    assert seen.outcome is outcome
    assert seen.best == pytest.approx(7.6 / 3.25)


def test_a_side_without_floor_is_never_forbidden() -> None:
    seen = figure(times(other=3.8), Goal("mlp", "other", "base", 1.0))
    assert (seen.best, seen.outcome) == (None, Outcome.MISSED)


def test_without_products_written_out_the_derivative_stands_in_their_place() -> None:
    of_a_vit = times(derivative=2.8, rademacher=4)
    for process in of_a_vit:
        del process["least products"]
    assert floor(of_a_vit, "rademacher") == {"derivative": 1, "least signs": 1, "least scaling": 1}
    assert floor(of_a_vit, "derivative") is None
    assert figure(of_a_vit, Goal("vit", "rademacher", "backprop", 1.1)).outcome is Outcome.DERIVATIVE


def test_the_goal_of_mezo_is_made_of_the_parts_of_its_rounds() -> None:
    of_parts, _ = [goal for goal in goals("mlp") if (goal.above, goal.below) == ("mezo", "base")]
    seen = figure(times(mezo=3.9), of_parts)
    assert seen.limit == pytest.approx(2 + 3.6 * 0.5 + 4 * 0.3)
    assert seen.best == pytest.approx(2 + 3 * 0.5 + 2 * 0.3 + 0.25)
    expected = "| mlp: mezo / base | at most 5 (2 base + 3.6 least signs + 4 least moving) | 3.9 (1.95 to 7.8) | 4.35 | reached |"
    assert seen.row() == expected


def test_the_goal_of_depth_leaves_no_more_room_for_drift() -> None:
    (goal,) = goals("width 256, depth 10")
    assert goal.limit == pytest.approx(1.1 * least_operations(256, 10))
    assert isinstance(goal.limit, float)
    assert not goal.met_by(1.01 * goal.limit, goal.limit)


def test_every_side_that_has_a_goal_has_a_floor() -> None:
    assert {goal.below if goal.least else goal.above for goal in GOALS} <= FLOORS.keys()


def test_a_perceptron_of_equal_layers_takes_three_passes_less_one_layer() -> None:
    assert least_operations(784, 2) == pytest.approx(3 - 784 / (784 + 784 + 10))


def test_the_page_has_a_row_for_every_goal_in_their_order() -> None:
    rows = [
        line.split(" | ")[0].removeprefix("| ") for line in PAGE.read_text(encoding="utf-8").splitlines() if ": " in line[:40]
    ]
    every = [*GOALS, *(goal for group in DEEP for goal in goals(group))]
    assert [row for row in rows if " / " in row] == [f"{goal.group}: {goal.above} / {goal.below}" for goal in every]
