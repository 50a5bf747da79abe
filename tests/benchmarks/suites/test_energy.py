"""The suite `energy` affords full windows, has backprop beside every estimator, and is no part of `full`."""

from benchmarks.harness.windows import WINDOW_S, schedule
from benchmarks.suites import SUITES

SIDES = 4


def test_its_budget_buys_five_full_windows_of_each_side() -> None:
    assert schedule(SUITES["energy"].budget, SIDES) == (5, WINDOW_S)


def test_every_problem_has_backprop_and_what_a_joule_buys_can_be_told() -> None:
    suite = SUITES["energy"]
    assert {"cost", "quality", "energy"} <= set(suite.measures)
    for problem in suite.problems:
        assert ("backprop", problem) in suite.pairs()


def test_full_does_not_measure_it() -> None:
    assert "energy" not in SUITES["full"].measures
