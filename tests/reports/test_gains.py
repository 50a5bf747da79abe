"""What a step gains is divided by what the gradient gains and what an estimate costs; nothing missing becomes a number."""

import math

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.gains import gains

STEP = {"decrease": (0.2, 0.1, 0.3), "gradient_decrease": 2.0, "estimate_forwards": 9.0, "draw_decrease": 0.4}


def gained(make_run, records, **more) -> dict:
    return {row["estimator"]: row for row in gains(frames.read([make_run(records, **more)]))}


def test_a_gain_is_over_the_gradients_and_a_price_over_backprops(make_run, record_of) -> None:
    found = gained(
        make_run,
        [
            record_of(Cell("spsa", "beale", "step"), **STEP, decrease_expected=0.25),
            record_of(Cell("backprop", "beale", "step"), decrease=2.0, gradient_decrease=2.0, estimate_forwards=3.0),
            record_of(Cell("spsa", "beale", "cost"), ratio_to_backprop=(0.5, 0.4, 0.6), time=1e6),
            record_of(Cell("spsa", "sphere[n=2]", "cost"), ratio_to_backprop=9.0),
        ],
    )["spsa"]
    assert [found[name] for name in ("gain", "gain_low", "gain_high")] == pytest.approx([0.1, 0.05, 0.15])
    assert (found["own_gain"], found["gain_expected"]) == pytest.approx((0.2, 0.125))
    assert [found[f"forwards_to_backprop{end}"] for end in ("", "_low", "_high")] == [3.0] * 3
    assert [found[f"ratio_to_backprop{end}"] for end in ("", "_low", "_high")] == [0.5, 0.4, 0.6]
    assert found["time"] == 1e6


def test_without_backprop_or_a_cost_there_is_a_gain_and_no_price(make_run, record_of) -> None:
    found = gained(make_run, [record_of(Cell("spsa", "beale", "step"), **STEP)])["spsa"]
    assert found["gain"] == pytest.approx(0.1)
    assert all(math.isnan(found[name]) for name in ("forwards_to_backprop", "ratio_to_backprop", "gain_expected", "time"))


def test_where_the_gradient_gains_nothing_no_gain_is_known(make_run, record_of) -> None:
    records = [record_of(Cell(name, "beale", "step"), decrease=0.0, gradient_decrease=0.0) for name in ("spsa", "backprop")]
    assert math.isnan(gained(make_run, records)["spsa"]["gain"])


def test_the_cost_of_a_compiled_estimate_is_not_that_of_the_step(make_run, record_of) -> None:
    records = [
        record_of(Cell("spsa", "beale", "step"), **STEP),
        record_of(Cell("spsa", "beale", "cost", execution="compile"), ratio_to_backprop=0.1),
    ]
    assert math.isnan(gained(make_run, records)["spsa"]["ratio_to_backprop"])


def test_a_series_of_estimates_is_known_as_one(make_run, record_of) -> None:
    record = record_of(Cell("spsa", "beale", "step"), **STEP)
    record = type(record)(**{**vars(record), "facts": {"n": 2, "declared": {"remembers": True}}})
    assert gained(make_run, [record])["spsa"]["remembers"] is True
