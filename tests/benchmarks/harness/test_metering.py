"""Windows taken on a machine whose energy is known exactly: the true joules of a piece lie within the bound that is stated."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.harness.counters import BoardCounter
from benchmarks.harness.metering import CounterError, Idle, Metered, metered
from tests.benchmarks.harness.metered_machine import IDLE_WATTS, Machine, Work

SECONDS = 5.0


def taken(machine: Machine, work: Work, seconds: float = SECONDS) -> Metered:
    """One window that was not thrown away."""
    found = metered(work, 1e9 * work.seconds, machine.meter(), seconds)
    assert found is not None
    return found


@settings(max_examples=60, deadline=None)
@given(
    step=st.floats(0.01, 0.1),
    piece=st.floats(1e-4, 0.3),
    watts=st.floats(90, 700),
    cost=st.floats(0, 0.01),
    noise=st.floats(0, 0.2),
    seed=st.integers(0, 99),
)
@example(step=0.1, piece=1e-3, watts=700.0, cost=0.0, noise=0.0, seed=0)
@example(step=0.02, piece=0.3, watts=90.0, cost=0.01, noise=0.2, seed=1)
def test_the_true_joules_of_a_piece_lie_within_the_bound(
    step: float, piece: float, watts: float, cost: float, noise: float, seed: int
) -> None:
    machine = Machine(step, cost)
    machine.nvml.sleep(0.37)
    work = Work(machine, piece, watts, noise, seed)
    window = taken(machine, work).window
    first, last = machine.between_ticks()
    drawn, done = machine.joules(last) - machine.joules(first), machine.pieces(last) - machine.pieces(first)
    value, bound = window.of_a_piece()
    assert abs(value - drawn / done) <= bound * (1 + 1e-9)
    power, unsure = window.power()
    assert abs(power - drawn / (last - first)) <= unsure * (1 + 1e-9)


@pytest.mark.parametrize("piece", [1e-4, 1e-3, 0.02])
def test_five_seconds_have_a_bound_of_two_pieces_or_a_thousandth(piece: float) -> None:
    """Without the ticks a step of 0.1 s at either end would be 4 % of them."""
    machine = Machine()
    value, bound = taken(machine, Work(machine, piece, 400.0)).window.of_a_piece()
    assert value == pytest.approx(400 * piece, rel=1e-3 + 2 * piece / SECONDS)
    assert bound / value < 2e-3 + 3 * piece / SECONDS


def test_a_window_lasts_from_its_first_tick_to_the_first_one_after_its_time() -> None:
    machine = Machine(step=0.1)
    machine.nvml.sleep(0.25)
    window = taken(machine, Work(machine, 1e-3, 300.0)).window
    assert window.seconds == pytest.approx(5.1, abs=0.102)  # a tick of 0.1 s, and looks 2 ms apart
    assert window.longest - window.shortest < 20e6


def test_the_counter_is_left_alone_between_the_ticks() -> None:
    machine = Machine(cost=1e-4)
    found = taken(machine, Work(machine, 1e-3, 300.0))
    inside = [at for at, _ in machine.looks if 1.0 < at < 4.0]
    assert inside == []
    assert found.reading / found.window.longest < 0.01


def test_a_power_that_says_the_same_is_one_to_one_and_another_is_not() -> None:
    for biased in (1.0, 0.8):
        machine = Machine(biased=biased)
        assert taken(machine, Work(machine, 1e-3, 300.0)).over_power == pytest.approx(1 / biased, rel=1e-3)


def test_without_a_power_there_is_no_second_opinion() -> None:
    machine = Machine()
    machine.nvml.missing = frozenset({186})
    assert taken(machine, Work(machine, 1e-3, 300.0)).over_power is None


def test_an_idle_device_is_metered_by_the_same_loop() -> None:
    machine = Machine(step=0.02)
    found = metered(Idle(machine.nvml.sleep), Idle.PIECE_NS, machine.meter(), SECONDS)
    assert found is not None
    assert found.window.power().value == pytest.approx(IDLE_WATTS, rel=2e-3)


def test_a_window_in_which_the_driver_was_loaded_again_is_thrown_away() -> None:
    machine = Machine(resets=(63.0,))
    machine.nvml.sleep(60.0)  # so that the counter has come further than it gets in the window
    assert metered(Work(machine, 1e-3, 300.0), 1e6, machine.meter(), SECONDS) is None


def test_a_reset_so_early_that_the_counter_does_not_fall_is_told_by_the_power() -> None:
    machine = Machine(resets=(3.0,))
    over_power = taken(machine, Work(machine, 1e-3, 300.0)).over_power
    assert over_power is not None
    assert over_power < 0.5


def test_a_reset_before_the_first_tick_costs_nothing() -> None:
    machine = Machine(resets=(0.05,))
    assert taken(machine, Work(machine, 1e-3, 300.0)).window.of_a_piece().value == pytest.approx(0.3, rel=2e-3)


def test_a_counter_that_stands_still_is_an_error_and_no_zero() -> None:
    machine = Machine(step=1e6)
    with pytest.raises(CounterError, match="NVML's total energy of the board has not moved for 3 s"):
        metered(Work(machine, 1e-3, 300.0), 1e6, machine.meter(), SECONDS)


def test_a_counter_that_goes_away_is_an_error() -> None:
    machine = Machine()

    class GoneAfterASecond(BoardCounter):
        def microjoules(self) -> int | None:
            return super().microjoules() if machine.nvml.now < 1 else None

    meter = replace(machine.meter(), counter=GoneAfterASecond(machine.counter.probe, machine.gpu.uuid))
    with pytest.raises(CounterError, match="cannot be read any more"):
        metered(Work(machine, 1e-3, 300.0), 1e6, meter, SECONDS)


def test_what_the_work_changed_is_put_back() -> None:
    machine = Machine()
    work = Work(machine, 1e-3, 300.0)
    taken(machine, work)
    assert work.restored == 1
