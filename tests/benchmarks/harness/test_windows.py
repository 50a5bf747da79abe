"""Energy between two ticks: the value and its bound from numbers by hand, what counts as no window, and how a budget is spent."""

import pytest

from benchmarks.harness.windows import (
    FEWEST_ROUNDS,
    MOST_ROUNDS,
    SHORTEST_S,
    WINDOW_S,
    Bounded,
    Look,
    Schedule,
    Tick,
    Window,
    between,
    integrated,
    schedule,
    tick,
)

SECOND = 1_000_000_000

WINDOW = Window(microjoules=1_000_000_000, resolution=1000, least=990, most=1010, shortest=4 * SECOND, longest=6 * SECOND)
"""1000 J in five seconds, in which a thousand pieces were done."""


def test_a_counter_that_has_not_moved_has_not_ticked() -> None:
    before = Look(begun=10, ended=12, least=3, most=4, microjoules=7)
    assert tick(before, Look(20, 22, 4, 5, 7)) is None
    assert tick(before, Look(20, 22, 4, 5, 8)) == Tick(since=10, until=22, least=3, most=5, microjoules=8)


def test_what_is_not_known_of_either_tick_is_not_known_of_the_window() -> None:
    first, last = Tick(10, 12, 5, 7, 1000), Tick(100, 104, 50, 53, 9000)
    assert between(first, last, 1000) == Window(8000, 1000, least=43, most=48, shortest=88, longest=94)


@pytest.mark.parametrize("last", [Tick(100, 104, 50, 53, 999), Tick(100, 104, 50, 53, 1000), Tick(100, 104, 6, 7, 9000)])
def test_a_counter_that_fell_and_work_that_may_not_have_been_done_make_no_window(last: Tick) -> None:
    assert between(Tick(10, 12, 5, 7, 1000), last, 1000) is None


def test_the_bound_is_that_of_the_least_and_the_most_work() -> None:
    value, bound = WINDOW.of_a_piece()
    assert value == 1.0
    assert bound == pytest.approx(max(1000.001 / 990 - 1, 1 - 999.999 / 1010))


def test_power_is_the_energy_over_the_time_between_the_ticks() -> None:
    value, bound = WINDOW.power()
    assert value == 200.0
    assert bound == pytest.approx(1000.001 / 4 - 200)


def test_above_idle_what_the_device_draws_anyway_is_taken_off_with_its_own_doubt() -> None:
    whole, net = WINDOW.of_a_piece(), WINDOW.above(Bounded(50.0, 2.0))
    assert net.value == pytest.approx(1.0 - 50 * 0.005)
    longest = 6 / 990
    assert net.bound == pytest.approx(whole.bound + 2 * longest + 50 * (longest - 0.005))


def test_power_is_integrated_along_straight_lines_and_held_at_either_end() -> None:
    powers = [(0, 999.0), (1 * SECOND, 100.0), (2 * SECOND, 300.0), (9 * SECOND, 999.0)]
    assert integrated(powers, (SECOND // 2, 4 * SECOND)) == pytest.approx(0.5 * 100 + 200 + 2 * 300)


@pytest.mark.parametrize("powers", [[], [(SECOND, 100.0)]])
def test_fewer_than_two_readings_have_no_integral(powers: list[tuple[int, float]]) -> None:
    assert integrated(powers, (0, 2 * SECOND)) is None


@pytest.mark.parametrize("sides", [3, 4])
def test_a_budget_is_spent_on_full_windows_then_on_fewer_then_on_shorter_ones_then_not_at_all(sides: int) -> None:
    def lasting(rounds: int, seconds: float) -> float:
        return Schedule(rounds, seconds).total(sides) + 1e-6

    assert schedule(lasting(5, WINDOW_S), sides) == (5, WINDOW_S)
    assert schedule(lasting(100, WINDOW_S), sides) == (MOST_ROUNDS, WINDOW_S)
    shorter = schedule(lasting(FEWEST_ROUNDS, 2.0), sides)
    assert shorter == (FEWEST_ROUNDS, pytest.approx(2.0))
    assert schedule(lasting(FEWEST_ROUNDS, 0.9 * SHORTEST_S), sides) is None
