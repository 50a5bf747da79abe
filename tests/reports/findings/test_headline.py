"""The title names what a report is about, the headline counts what became of it."""

from benchmarks.records import CONTRACT, Cell
from reports import findings, frames

COST = Cell("backprop", "sphere[n=64]", "cost")
OTHER = Cell("checkpointed-backprop", "sphere[n=64]", "cost")


def test_the_headline_counts_what_is_not_ok(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, multiple=3.0)], planned=[COST, OTHER])])
    assert findings.headline(results) == "1 of 2 planned cells is ok; 1 missing."


def test_the_headline_of_a_clean_run_and_of_an_empty_one(make_run, record_of) -> None:
    clean = frames.read([make_run([record_of(COST, multiple=3.0), record_of(OTHER, multiple=4.0)])])
    assert findings.headline(clean) == "All 2 planned cells are ok."
    assert findings.headline(frames.read([make_run([], name="empty")])) == "Nothing was planned, and nothing measured."


def test_the_title_counts_estimators_and_problems(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, multiple=3.0)], planned=[COST, OTHER])])
    assert findings.title(results) == "2 gradient estimators on 1 problem"


def test_the_title_of_contracts_alone_and_of_nothing(make_run, record_of) -> None:
    checked = frames.read([make_run([record_of(Cell("backprop", CONTRACT, CONTRACT), clauses_passed=7)])])
    assert findings.title(checked) == "The contract of 1 gradient estimator"
    assert findings.title(frames.read([make_run([], name="empty")])) == "An empty run"
