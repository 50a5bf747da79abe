"""The table of every cell: one row an estimator and problem, numbers with the keys they are sorted by, gaps without."""

import math
from dataclasses import replace

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.cells import every_cell
from reports.sortable import MOST_ROWS, Entry, Heading, cut, entry
from tests.trained import BACKPROP, training_of

COST = Cell("backprop", "sphere[n=64]", "cost")
MEMORY = Cell("backprop", "sphere[n=64]", "memory")
OTHER = Cell("checkpointed-backprop", "sphere[n=64]", "cost")


@pytest.fixture
def table(make_run, record_of):
    records = [
        record_of(COST, marks=["imprecise"], multiple=(3.0, 2.9, 3.1), time=2e6),
        record_of(MEMORY, "timeout", "after 30 s"),
    ]
    return every_cell(frames.read([make_run(records, planned=[COST, MEMORY, OTHER])]))


def named(table, row: int) -> dict[str, Entry]:
    return dict(zip((column.text for column in table.columns), table.rows[row], strict=True))


def test_kinds_of_measurement_share_a_row_and_columns_without_numbers_are_left_out(table) -> None:
    assert [column.text for column in table.columns] == [
        "estimator",
        "problem",
        "outcome",
        "parameters",
        "multiple of the base",
        "time",
        "seconds taken",
    ]
    assert [row[0].text for row in table.rows] == ["backprop", "checkpointed-backprop"]


def test_numbers_have_their_intervals_for_people_and_a_key_for_sorting(table) -> None:
    first = named(table, 0)
    assert first["multiple of the base"] == Entry("3.00 [2.90, 3.10]", 3.0)
    assert first["time"] == Entry("2.00 ms", 2e6)
    assert first["parameters"] == Entry("64", 64.0)


def test_trainings_have_their_losses_and_the_caption_says_what_numbers_stand_for(make_run, table) -> None:
    records = [training_of(BACKPROP, [4.0, low, 1.5 * low], seed=seed) for seed, low in enumerate((1.0, 2.0, 3.0))]
    trained = every_cell(frames.read([make_run(records, name="trained")]))
    first = named(trained, 0)
    assert (first["lowest loss"], first["loss at the end"]) == (Entry("2.000", 2.0), Entry("3.000", 3.0))
    assert first["time of a step"] == Entry("2.00 s", 2e9)
    assert trained.caption == "Every estimator on every problem (trainings: medians over seeds)"
    assert table.caption == "Every estimator on every problem (costs: 95 % interval within this process)"


def test_costs_on_a_gpu_have_the_time_of_the_device_and_its_waiting_beside_the_wall_clocks(make_run, record_of) -> None:
    cell = replace(COST, device="GPU-aaaa1111")
    record = record_of(cell, multiple=(3.0, 2.9, 3.1), time=2e6, device_time=1.9e6, device_busy_time=5e5, launch_bound=0.75)
    first = named(every_cell(frames.read([make_run([record], name="gpu")])), 0)
    assert first["time between CUDA events"] == Entry("1.90 ms", 1.9e6)
    assert first["GPU at work"] == Entry("500 µs", 5e5)
    assert first["share waiting for launches"] == Entry("0.75", 0.75)


def test_what_is_missing_is_a_dash_without_a_key(table) -> None:
    second = named(table, 1)
    assert second["multiple of the base"] == Entry("–", None)
    assert second["outcome"] == Entry("missing", flag=True)


def test_outcomes_that_differ_are_said_by_kind_of_measurement(table) -> None:
    assert named(table, 0)["outcome"] == Entry("cost: ok, imprecise; memory: timeout", flag=True)


def test_executions_have_rows_of_their_own(make_run, record_of) -> None:
    records = [record_of(COST), record_of(replace(COST, execution="compile"), "skipped", "no")]
    rows = every_cell(frames.read([make_run(records)])).rows
    assert [(row[0].text, row[2].text, row[2].flag) for row in rows] == [
        ("backprop", "ok", False),
        ("backprop · compile", "skipped", False),
    ]


def test_the_table_of_any_run_is_rectangular_and_shows_no_nan(odd) -> None:
    table = every_cell(frames.read([odd]))
    assert all(len(row) == len(table.columns) for row in table.rows)
    shown = [one for row in table.rows for one in row]
    assert not [one for one in shown if one.text.lower() in ("nan", "inf", "none")]
    assert all(one.key is None or math.isfinite(one.key) for one in shown)


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_number_that_is_none_has_no_key(value) -> None:
    assert entry("–", value) == Entry("–")
    assert entry("–", value).sortable == ""


def test_keys_tell_apart_what_texts_tell_apart() -> None:
    assert entry("1.00001", 1.00001).sortable != entry("1.00002", 1.00002).sortable
    assert float(entry("", 123456789.0).sortable) == pytest.approx(123456789, rel=1e-5)


def test_of_very_many_rows_the_first_are_shown_and_the_rest_counted() -> None:
    rows = [(Entry(str(place)),) for place in range(MOST_ROWS + 1)]
    table = cut("all", (Heading("a", numeric=False),), rows)
    assert len(table.rows) == MOST_ROWS
    assert table.left_out == "1 further row is not shown, to keep the page quick: the data in this page have them all."
    assert cut("all", (Heading("a"),), rows[:-1]).left_out == ""


def test_columns_are_as_wide_as_their_numbers_and_words_wrap() -> None:
    columns = (Heading("estimator", numeric=False), Heading("n"), Heading("multiple of the base"))
    rows = [(Entry("x" * 200), Entry("7", 7.0), Entry("3.000 [2.900, 3.100]", 3.0))]
    words, number, interval = cut("all", columns, rows).widths
    assert words < 40
    assert number < 10
    assert 0.7 * 20 < interval < 20  # digits are the widest of its characters


def test_a_column_is_as_wide_as_the_longest_word_of_its_heading() -> None:
    assert cut("all", (Heading("parameters"),), []).widths[0] > len("parameters")
