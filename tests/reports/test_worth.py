"""Cost, memory and quality side by side: nothing is joined that does not belong together, nothing missing becomes a number."""

import math
from dataclasses import replace

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.worth import bought, offers

COST = Cell("spsa", "beale", "cost")
REFERENCE = Cell("backprop", "beale", "cost")


def offered(make_run, records, **more) -> dict:
    return {row["label"]: row for row in frames.rows(offers(frames.read([make_run(records, **more)])))}


def test_an_offer_has_what_each_kind_of_measurement_says(make_run, record_of) -> None:
    cells = [
        record_of(COST, multiple=(2.0, 1.9, 2.1), ratio_to_backprop=(0.5, 0.4, 0.6), flop_multiple=2.0),
        record_of(replace(COST, kind="memory"), peak_bytes=100),
        record_of(replace(COST, kind="quality"), efficiency=(0.25, 0.2, 0.3)),
        record_of(REFERENCE, flop_multiple=4.0),
        record_of(replace(REFERENCE, kind="memory"), peak_bytes=400),
    ]
    row = offered(make_run, cells)["spsa"]
    assert [row[name] for name in ("multiple", "multiple_low", "multiple_high")] == [2.0, 1.9, 2.1]
    assert [row[name] for name in ("peak_bytes", "peak_bytes_low", "peak_bytes_high")] == [100, 100, 100]
    assert (row["flops_to_backprop"], row["peak_to_backprop"], row["outcome"]) == (0.5, 0.25, "ok")


def test_what_was_not_measured_is_not_a_number(make_run, record_of) -> None:
    row = offered(make_run, [record_of(COST, multiple=2.0)])["spsa"]
    missing = ("multiple_low", "peak_bytes", "efficiency", "peak_to_backprop", "flops_to_backprop", "ratio_to_backprop")
    assert all(math.isnan(row[name]) for name in missing)


def test_the_gravest_outcome_of_the_kinds_with_a_number_counts(make_run, record_of) -> None:
    quality = replace(COST, kind="quality")
    wrong = offered(make_run, [record_of(COST, multiple=2.0), record_of(quality, "wrong", "biased", efficiency=0.5)])
    assert wrong["spsa"]["outcome"] == "wrong"
    lost = offered(
        make_run, [record_of(COST, multiple=2.0, marks=["contended"]), record_of(quality, "failed", "no")], name="lost"
    )
    assert (lost["spsa"]["outcome"], lost["spsa"]["marks"]) == ("ok", frozenset({"contended"}))


def test_a_compiled_offer_has_the_quality_of_the_eager_estimate(make_run, record_of) -> None:
    found = offered(
        make_run,
        [
            record_of(replace(COST, execution="compile"), multiple=1.0),
            record_of(COST, multiple=2.0),
            record_of(replace(COST, kind="quality"), efficiency=0.5),
        ],
    )
    assert {label: (row["multiple"], row["efficiency"]) for label, row in found.items()} == {
        "spsa": (2.0, 0.5),
        "spsa · compile": (1.0, 0.5),
    }


def test_nothing_planned_gives_no_offers_and_all_columns(make_run) -> None:
    table = offers(frames.read([make_run([])]))
    assert table.empty
    assert {"remembers", "efficiency_high", "peak_to_backprop_low"} <= set(table)


ROW = {
    **dict(zip(("efficiency", "efficiency_low", "efficiency_high"), (0.2, 0.1, 0.3), strict=True)),
    **dict(zip(("price", "price_low", "price_high"), (0.5, 0.4, 0.8), strict=True)),
}


def test_what_is_bought_is_sure_only_between_the_worst_of_both_intervals() -> None:
    assert bought(ROW, "price") == pytest.approx(
        {"value": 0.2 / 0.5, "low": 0.1 / 0.5, "high": 0.3 / 0.5, "least": 0.1 / 0.8, "most": 0.3 / 0.4}
    )


def test_an_unknown_end_leaves_the_sure_ends_unknown_and_no_share_is_below_zero() -> None:
    assert math.isnan(bought({**ROW, "price_high": math.nan}, "price")["least"])
    assert math.isnan(bought({**ROW, "efficiency_low": math.nan}, "price")["least"])
    assert bought({**ROW, "efficiency_low": -0.1}, "price")["least"] == 0
    assert math.isnan(bought({**ROW, "price": 0.0}, "price")["value"])
