"""Findings: the verdict on a run, and what limits it."""

from benchmarks.records import Cell
from reports import findings, frames

COST = Cell("backprop", "sphere[n=64]", "cost")
OTHER = Cell("checkpointed-backprop", "sphere[n=64]", "cost")


def texts(results: frames.Results, grave: bool) -> str:
    return " ".join(notice.text for notice in findings.notices(results) if notice.grave is grave)


def test_the_headline_counts_what_is_not_ok(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, multiple=3.0)], planned=[COST, OTHER])])
    assert findings.headline(results) == "1 of 2 planned cells is ok; 1 missing."


def test_the_headline_of_a_clean_run_and_of_an_empty_one(make_run, record_of) -> None:
    clean = frames.read([make_run([record_of(COST, multiple=3.0), record_of(OTHER, multiple=4.0)])])
    assert findings.headline(clean) == "All 2 planned cells are ok."
    assert findings.headline(frames.read([make_run([], name="empty")])) == "Nothing was planned, and nothing measured."


def test_a_wrong_estimator_is_named_before_all_else(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, marks=["imprecise"], multiple=3.0), record_of(OTHER, "wrong", "biased")])])
    notices = findings.notices(results)
    assert notices[0].grave
    assert "checkpointed-backprop" in notices[0].text
    assert "1 cell marked imprecise" in texts(results, grave=False)


def test_one_process_is_said_to_be_one(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, multiple=3.0)])])
    assert "within this process" in texts(results, grave=False)


def test_uncommitted_code_and_damage_are_reported(make_run, record_of) -> None:
    folder = make_run([record_of(COST, multiple=3.0)], provenance={"ruler": {"dirty": True}, "estimators": {"dirty": False}})
    with (folder / "records.jsonl").open("a") as stream:
        stream.write("{")
    results = frames.read([folder])
    assert "the ruler had changes" in texts(results, grave=False)
    assert "the estimators had changes" not in texts(results, grave=False)
    assert "1 line of the records" in texts(results, grave=True)
