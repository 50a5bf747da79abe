"""Tables: every planned cell is in them, with what became of it."""

from dataclasses import replace

import pytest

from benchmarks.records import Cell
from reports import frames, tables
from reports.text import NOTHING

COST = Cell("backprop", "sphere[n=64]", "cost")
MEMORY = Cell("backprop", "sphere[n=64]", "memory")
OTHER = Cell("checkpointed-backprop", "sphere[n=64]", "cost")


@pytest.fixture
def results(make_run, record_of) -> frames.Results:
    records = [record_of(COST, marks=["imprecise"], multiple=(3.0, 2.9, 3.1)), record_of(MEMORY, "timeout", "after 30 s")]
    return frames.read([make_run(records, planned=[COST, MEMORY, OTHER])])


def test_outcomes_are_counted_and_absent_ones_are_not_listed(results) -> None:
    assert tables.outcome_counts(results) == {"ok": 1, "timeout": 1, "missing": 1}


def test_counts_add_up_by_kind(results) -> None:
    table = tables.counts_table(results)
    assert table.columns == ("kind", "ok", "timeout", "missing", "all")
    assert table.groups[0][1] == (("cost", "1", "0", "1", "2"), ("memory", "0", "1", "0", "1"))


def test_reasons_stand_beside_what_is_not_ok(results) -> None:
    groups = dict(tables.reasons_table(results).groups)
    assert groups["timeout"] == (("backprop", "sphere: memory", "after 30 s"),)
    assert groups["missing"] == (("checkpointed-backprop", "sphere: cost", "planned, but there is no record"),)


def test_the_summary_shows_multiples_counts_and_reasons(results) -> None:
    summary = tables.summary(results, width=80)
    assert "the report adds the 95 % interval within this process" in " ".join(summary.split())
    assert "~3.00" in summary
    assert "3 planned cells: 1 ok, 1 timeout, 1 missing" in summary
    assert "timeout: backprop (sphere: memory): after 30 s" in summary
    assert all(len(line) <= 80 for line in summary.splitlines()[:4])


def test_the_summary_counts_repetitions_beside_what_is_repeated(make_run, record_of) -> None:
    again = replace(COST, process=1)
    folder = make_run([record_of(COST, multiple=3.0), record_of(again, multiple=3.0)])
    assert "1 planned cell (2 with those of further seeds and processes): 1 ok" in tables.summary(
        frames.read([folder]), width=100
    )


def test_the_summary_says_wrong_beside_a_speed(make_run, record_of) -> None:
    folder = make_run([record_of(COST, "wrong", "biased", multiple=3.0)])
    assert "3.00 wrong" in tables.summary(frames.read([folder]))


def test_the_summary_of_any_run_is_text_without_control_characters(odd) -> None:
    summary = tables.summary(frames.read([odd]), width=100)
    assert summary.strip()
    assert summary.replace("\n", "").isprintable()


def test_a_contract_lists_its_clauses(make_run, record_of) -> None:
    cell = Cell("backprop", "contract", "contract")
    folder = make_run(
        [record_of(cell, "wrong", "span", clauses_passed=6, clauses_failed=1, clauses_omitted=0, clauses_not_applicable=2)]
    )
    assert tables.contract_table(frames.read([folder])).groups[0][1] == (
        ("backprop", "wrong", "6", "1", "0", "2", "now", "span"),
    )


def test_a_table_of_nothing_has_no_numbers(make_run) -> None:
    results = frames.read([make_run([])])
    assert tables.counts_table(results).groups == (("", ()),)
    assert NOTHING not in tables.summary(results)
