"""The tidy frame has one row a metric, one row for a record without any, and nothing missing becomes zero."""

from pathlib import Path

from benchmarks.records import Cell, Metric, Outcome, Record, RunFolder, load
from benchmarks.records.frame import COLUMNS

CELL = Cell("backprop", "sphere", "cost")
GOOD = Record(
    CELL,
    Outcome.OK,
    marks=frozenset({"imprecise", "contended"}),
    metrics=(Metric("multiple", 2.5, "x base", low=2.4, high=2.6, count=40), Metric("flops", None, "FLOP", layer="0.weight")),
    samples={"time": [3, 4]},
)
BAD = Record(Cell("spsa", "sphere", "cost"), Outcome.TIMEOUT, reason="ended after 40 s")


def _run(path: Path, name: str, *records: Record) -> Path:
    folder = RunFolder.create(path, {"run": name})
    with folder.writing() as writer:
        for record in records:
            writer.append(record)
    return path


def test_every_metric_has_a_row_and_so_has_a_failure(tmp_path: Path) -> None:
    frame = load(_run(tmp_path / "a", "first", GOOD, BAD))
    assert tuple(frame.columns) == COLUMNS
    assert frame["metric"].tolist()[:2] == ["multiple", "flops"]
    assert frame["value"].iloc[0] == 2.5
    assert frame["value"].isna().tolist() == [False, True, True]
    assert frame["marks"].iloc[0] == "contended imprecise"
    assert frame.iloc[2]["outcome"] == "timeout"
    assert frame.iloc[2]["reason"] == "ended after 40 s"
    assert frame["metric"].isna().tolist() == [False, False, True]


def test_folders_merge_by_being_named_together(tmp_path: Path) -> None:
    frame = load(_run(tmp_path / "a", "first", GOOD), _run(tmp_path / "b", "second", BAD))
    assert frame["run"].tolist() == ["first", "first", "second"]


def test_samples_come_only_when_asked_for(tmp_path: Path) -> None:
    path = _run(tmp_path / "a", "first", GOOD)
    assert "samples" not in load(path)
    assert load(path, samples=True)["samples"].iloc[0] == {"time": [3, 4]}


def test_a_repeated_cell_shows_its_last_record(tmp_path: Path) -> None:
    frame = load(_run(tmp_path / "a", "first", Record(CELL, Outcome.FAILED, reason="first try"), GOOD))
    assert frame["outcome"].unique().tolist() == ["ok"]


def test_a_run_without_records_gives_an_empty_frame(tmp_path: Path) -> None:
    assert load(_run(tmp_path / "a", "first")).empty
