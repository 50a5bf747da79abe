"""Rows survive JSON unchanged, numbers that are not finite become null, and a cell's key stands for all of it."""

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.records import METRICS, Cell, Metric, Outcome, Record, about, latest

CELL = Cell("backprop", "sphere[n=64]", "cost")

texts = st.text(max_size=20)
numbers = st.none() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
metrics = st.builds(
    Metric, metric=texts, value=numbers, unit=texts, layer=st.none() | texts, low=numbers, high=numbers, method=texts
)
records = st.builds(
    Record,
    cell=st.builds(Cell, estimator=texts, problem=texts, kind=texts, seed=st.integers(0, 9), process=st.integers(0, 9)),
    outcome=st.sampled_from(Outcome),
    reason=texts,
    marks=st.frozensets(texts, max_size=3),
    metrics=st.lists(metrics, max_size=3).map(tuple),
    samples=st.dictionaries(texts, st.lists(st.integers(0, 2**60), max_size=3), max_size=2),
    facts=st.dictionaries(texts, texts, max_size=2),
    order=st.integers(0, 99),
    seconds=st.floats(0, 1e6),
)


@given(records)
def test_a_record_comes_back_from_json_as_it_was(record: Record) -> None:
    assert Record.from_json(json.loads(json.dumps(record.to_json(), allow_nan=False))) == record


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_become_null(value: float) -> None:
    record = Record(
        CELL,
        Outcome.OK,
        metrics=(Metric("multiple", value, "x base", low=value, high=1.0),),
        facts={"nested": [{"deep": value}], "kept": 2.5},
    )
    line = json.dumps(record.to_json(), allow_nan=False)
    back = Record.from_json(json.loads(line))
    assert back.metrics[0] == Metric("multiple", None, "x base", low=None, high=1.0)
    assert back.facts == {"nested": [{"deep": None}], "kept": 2.5}


@pytest.mark.parametrize("name", [field.name for field in fields(Cell)])
def test_the_key_changes_with_every_field(name: str) -> None:
    value = getattr(CELL, name)
    other = replace(CELL, **{name: value + 1 if isinstance(value, int) else value + "x"})
    assert other.key != CELL.key
    assert len(CELL.key) == 16


def test_the_key_is_the_same_in_every_process() -> None:
    assert CELL.key == "08afcb60198fee71"


def test_the_last_record_of_a_cell_counts_and_cells_keep_their_order() -> None:
    other = replace(CELL, problem="beale")
    history = [Record(CELL, Outcome.FAILED), Record(other, Outcome.OK), Record(CELL, Outcome.OK, reason="again")]
    assert latest(history) == [Record(CELL, Outcome.OK, reason="again"), Record(other, Outcome.OK)]


def test_only_success_and_skips_are_done() -> None:
    assert {outcome for outcome in Outcome if outcome.done} == {Outcome.OK, Outcome.SKIPPED}


def test_closed_forms_and_scores_are_explained_from_their_metric() -> None:
    assert about("cosine_expected").line == f"closed form of: {METRICS['cosine'].line}"
    assert about("norm_ratio_z").unit == ""
    with pytest.raises(KeyError):
        about("speed")
