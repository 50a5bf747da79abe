"""Rounds on a machine whose clock is scripted: what is timed, in which order, and when it ends, to the nanosecond."""

import math
import random

import numpy as np
import pytest

from benchmarks.harness.rounds import (
    CALIBRATION_NS,
    MINIMUM_ROUNDS,
    Rounds,
    Step,
    calibrate,
    inner_counts,
    next_step,
    paired_rounds,
)


class Machine:
    """A clock that only work moves; work takes its cost, times a slowness that drifts, times noise of its own."""

    def __init__(self, noise=0.0, drift=0.0, seed=0):
        self.now, self.noise, self.drift = 0, noise, drift
        self.random, self.log = random.Random(seed), []

    def clock(self):
        return self.now

    def work(self, name, cost):
        slowness = 1 + self.drift * math.sin(self.now / 1e9)
        self.now += round(cost * slowness * math.exp(self.random.gauss(0, self.noise)))
        self.log.append(name)


class Work:
    """A side that takes `cost` nanoseconds a piece of work."""

    def __init__(self, machine, name, cost):
        self.machine, self.name, self.cost, self.restored = machine, name, cost, 0

    def run(self, count):
        self.machine.work(self.name, self.cost * count)

    def restore(self):
        self.restored += 1
        self.machine.now += 777_777  # must never be seen in a sample


def stop_after(count):
    return lambda rounds, _: Step.ENOUGH if len(rounds.samples["base"]) == count else Step.GO_ON


def test_a_quiet_machine_gives_exact_samples_and_ratios():
    machine = Machine()
    sides = {"base": Work(machine, "base", 1_000), "estimator": Work(machine, "estimator", 2_500)}
    rounds = paired_rounds(sides, {"base": 5, "estimator": 2}, machine.clock, stop_after(3), random.Random(0))
    assert rounds.samples == {"base": [5_000] * 3, "estimator": [5_000] * 3}
    np.testing.assert_array_equal(rounds.times("base"), [1_000.0] * 3)
    np.testing.assert_array_equal(rounds.ratios("estimator", "base"), [2.5] * 3)
    assert rounds.last is Step.ENOUGH


def test_every_round_times_every_side_once_in_shuffled_order_after_one_round_that_is_not_kept():
    machine = Machine()
    sides = {name: Work(machine, name, 10) for name in ("base", "a", "b")}
    paired_rounds(sides, dict.fromkeys(sides, 1), machine.clock, stop_after(40), random.Random(0))
    by_round = [tuple(machine.log[start : start + 3]) for start in range(0, len(machine.log), 3)]
    assert len(by_round) == 41
    assert all(sorted(order) == ["a", "b", "base"] for order in by_round)
    assert len(set(by_round)) == 6
    assert all(side.restored == 41 for side in sides.values())


def test_the_same_seed_gives_the_same_order():
    logs = []
    for _ in range(2):
        machine = Machine()
        sides = {name: Work(machine, name, 10) for name in ("base", "a", "b")}
        paired_rounds(sides, dict.fromkeys(sides, 1), machine.clock, stop_after(10), random.Random(5))
        logs.append(machine.log)
    assert logs[0] == logs[1]


def test_a_machine_that_drifts_by_half_moves_paired_ratios_little():
    machine = Machine(drift=0.5)
    sides = {"base": Work(machine, "base", 1_000_000), "estimator": Work(machine, "estimator", 3_000_000)}
    rounds = paired_rounds(sides, {"base": 3, "estimator": 1}, machine.clock, stop_after(2_000), random.Random(0))
    assert np.ptp(rounds.times("base")) > 0.9 * np.median(rounds.times("base"))
    assert np.median(rounds.ratios("estimator", "base")) == pytest.approx(3, rel=0.002)


def test_enough_when_the_interval_is_as_narrow_as_asked_and_not_before_the_fewest_rounds():
    flat = np.full(100, 2.0)
    assert next_step(flat[: MINIMUM_ROUNDS - 1], 0, precision=0.01, budget_ns=1e9) is Step.GO_ON
    assert next_step(flat[:MINIMUM_ROUNDS], 0, precision=0.01, budget_ns=1e9) is Step.ENOUGH
    wide = np.linspace(1.0, 3.0, 100)  # its interval is about 1.8 ... 2.2
    assert next_step(wide, 0, precision=0.05, budget_ns=1e9) is Step.GO_ON
    assert next_step(wide, 0, precision=0.2, budget_ns=1e9) is Step.ENOUGH


@pytest.mark.parametrize("count", [15, 100, 1_000, 1_030, 5_000, 60_000])
def test_however_many_rounds_there_are_precision_is_looked_at_again_within_a_few_percent_more(count):
    steps = [next_step(np.full(n, 2.0), 0, precision=0.01, budget_ns=1e9) for n in range(count, count + 2 + count // 30)]
    assert Step.ENOUGH in steps


def test_imprecise_when_another_round_would_pass_the_budget():
    wide = np.linspace(1.0, 3.0, 10)
    assert next_step(wide, 900, precision=0.01, budget_ns=991) is Step.GO_ON
    assert next_step(wide, 900, precision=0.01, budget_ns=989) is Step.IMPRECISE
    assert next_step(wide[:0], 10**12, precision=0.01, budget_ns=1) is Step.GO_ON  # the first round is always made


def test_precise_samples_are_enough_even_when_the_budget_is_spent():
    assert next_step(np.full(20, 2.0), 10**12, precision=0.01, budget_ns=1) is Step.ENOUGH


def test_a_noisy_machine_is_timed_until_its_multiple_is_as_precise_as_asked():
    machine = Machine(noise=0.1, seed=3)
    sides = {"base": Work(machine, "base", 1_000_000), "estimator": Work(machine, "estimator", 2_000_000)}

    def decide(rounds, spent):
        return next_step(rounds.ratios("estimator", "base"), spent, precision=0.02, budget_ns=1e12)

    rounds = paired_rounds(sides, {"base": 2, "estimator": 1}, machine.clock, decide, random.Random(0))
    assert rounds.last is Step.ENOUGH
    assert 100 < len(rounds.samples["base"]) < 500
    assert np.median(rounds.ratios("estimator", "base")) == pytest.approx(2, rel=0.03)


def test_a_pause_counts_for_nothing_and_the_round_after_it_is_not_kept():
    machine, spent = Machine(), []
    sides = {"base": Work(machine, "base", 1_000), "estimator": Work(machine, "estimator", 2_000)}
    pauses = iter([False, True, False, True])

    def decide(rounds, nanoseconds):
        spent.append(nanoseconds)
        return stop_after(5)(rounds, nanoseconds)

    def pause():
        waits = next(pauses)
        machine.now += 10**12 * waits
        return waits

    rounds = paired_rounds(sides, dict.fromkeys(sides, 1), machine.clock, decide, random.Random(0), pause)
    assert rounds.samples == {"base": [1_000] * 5, "estimator": [2_000] * 5}
    one = 3_000 + 2 * 777_777
    assert spent == [one * number for number in range(1, 6)]
    assert machine.log.count("base") == 5 + 1 + 2  # kept, the first, one after each pause


@pytest.mark.parametrize("cost", [3, 1_000, 10_000_000])
def test_calibration_finds_the_cost_of_one_piece_of_work(cost):
    machine = Machine()
    assert calibrate(Work(machine, "base", cost), machine.clock) == cost


def test_calibration_survives_a_pause_and_work_that_takes_no_time():
    machine = Machine()
    work = Work(machine, "base", CALIBRATION_NS)
    pauses = iter([50_000_000])
    work.run = lambda count: machine.work("base", CALIBRATION_NS * count + next(pauses, 0))
    assert calibrate(work, machine.clock) >= CALIBRATION_NS
    assert calibrate(Work(machine, "nothing", 0), machine.clock) == 1.0


def test_inner_counts_make_samples_last_as_long_as_they_should_and_are_never_zero():
    single = {"base": 70_000.0, "estimator": 300_000.0, "slow": 5e6}
    assert inner_counts(single, dict.fromkeys(single, 1e6)) == {"base": 14, "estimator": 3, "slow": 1}


def test_rounds_divide_by_their_inner_counts():
    rounds = Rounds({"base": [100, 200], "estimator": [100, 100]}, {"base": 10, "estimator": 1}, Step.IMPRECISE)
    np.testing.assert_array_equal(rounds.ratios("estimator", "base"), [10.0, 5.0])
