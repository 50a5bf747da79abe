"""Energies: an interval over windows and an error bound of the counter are two things, and claims take both at their worst."""

import math

import pandas as pd
import pytest

from benchmarks.records import Cell
from reports.frames import read
from reports.joules import NET, TOTAL, energy_interval, joule_tick, joules, over_backprop, surely, unavailable, watts

ROW = {
    **{"energy": 2.0, "energy_low": 1.9, "energy_high": 2.1, "energy_bound": 0.1},
    **{"backprop_energy": 4.0, "backprop_energy_low": 3.9, "backprop_energy_high": 4.1, "backprop_energy_bound": 0.4},
    **{"energy_net": 1.0, "energy_net_low": 0.9, "energy_net_high": 1.1, "energy_net_bound": 0.1},
    **{
        "backprop_energy_net": 2.0,
        "backprop_energy_net_low": 1.8,
        "backprop_energy_net_high": 2.2,
        "backprop_energy_net_bound": 0.2,
    },
    **{"energy_ratio_to_backprop": 0.5, "energy_ratio_to_backprop_low": 0.48, "energy_ratio_to_backprop_high": 0.52},
}


def test_an_energy_surely_lies_between_its_interval_moved_apart_by_the_bound() -> None:
    assert surely(ROW, TOTAL) == pytest.approx((2.0, 1.8, 2.2))
    assert surely(ROW, "backprop_energy") == pytest.approx((4.0, 3.5, 4.5))


def test_without_a_bound_or_an_interval_nothing_is_sure() -> None:
    for lost in ("energy_bound", "energy_low"):
        value, low, _ = surely({name: number for name, number in ROW.items() if name != lost}, TOTAL)
        assert value == 2.0
        assert math.isnan(low)


def test_the_paired_ratio_is_moved_apart_by_the_bounds_of_both_counters() -> None:
    """Both readings at their worst: 5 % of its own, 10 % of backprop's."""
    assert over_backprop(ROW, TOTAL) == pytest.approx((0.5, 0.48 * 0.95 / 1.1, 0.52 * 1.05 / 0.9))


def test_net_of_idle_the_ratio_is_that_of_both_at_their_worst() -> None:
    assert over_backprop(ROW, NET) == pytest.approx((0.5, 0.8 / 2.4, 1.2 / 1.6))


def test_a_backprop_that_cannot_be_told_from_idle_leaves_no_ratio() -> None:
    nothing = {**ROW, "backprop_energy_net": -0.1, "backprop_energy_net_low": -0.3}
    value, _, high = over_backprop(nothing, NET)
    assert math.isnan(value)
    assert math.isnan(high)


def test_what_has_no_energy_says_why_and_how_often(make_run, record_of) -> None:
    cells = [Cell(name, "beale", "energy") for name in ("backprop", "spsa", "rdsa", "mezo")]
    reasons = ["MIG is on.", "MIG is on.", ""]
    records = [record_of(cell, "skipped", reason) for cell, reason in zip(cells, reasons, strict=False)]
    run = make_run([*records, record_of(cells[3], "ok", energy=1.0)])
    assert unavailable(read([run]).of("energy")) == ["2 cells skipped (MIG is on)", "1 cell skipped"]
    assert unavailable(read([make_run([record_of(cells[0], "ok")], name="bare")]).of("energy")) == ["1 cell without a reading"]
    assert unavailable(pd.DataFrame(columns=["outcome", "reason"])) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1234.5, "1.23 kJ"),
        (2.5, "2.50 J"),
        (2.5e-3, "2.50 mJ"),
        (1.25e-6, "1.25 µJ"),
        (3e-12, "0.00300 nJ"),
        (0, "0 J"),
        (None, "–"),
    ],
)
def test_joules_are_written_in_the_unit_that_fits(value: float | None, words: str) -> None:
    assert joules(value) == words


def test_energies_below_zero_keep_their_sign() -> None:
    assert joules(-0.0025) == "-2.50 mJ"
    assert energy_interval(-0.0025, -0.005, 0.001) == "-2.50 mJ [-5.00 mJ, 1.00 mJ]"


def test_what_is_missing_is_a_dash_or_has_no_interval() -> None:
    assert energy_interval(None, None, None) == "–"
    assert energy_interval(0.5, None, None) == "500 mJ (no interval)"
    assert watts(None) == "–"
    assert watts(71.25) == "71.2 W"


def test_ticks_are_bare() -> None:
    assert [joule_tick(value) for value in (0.001, 0.02, 2.5)] == ["1 mJ", "20 mJ", "2.50 J"]
