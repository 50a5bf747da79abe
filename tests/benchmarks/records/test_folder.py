"""A run folder keeps every whole line, survives a torn one wherever it is cut, and has one writer."""

import json
from pathlib import Path

import pytest

from benchmarks.records import SCHEMA_VERSION, Cell, FolderError, Metric, Outcome, Record, RunFolder

FIRST = Record(Cell("backprop", "sphere", "cost"), Outcome.OK, metrics=(Metric("multiple", 2.5, "x base"),))
SECOND = Record(Cell("spsa", "sphere", "cost"), Outcome.FAILED, reason="ValueError: “quoted” \ud800 text\nof two lines")


def _run(path: Path, *records: Record) -> RunFolder:
    folder = RunFolder.create(path, {"run": "a run", "cells": [record.cell.to_json() for record in records]})
    with folder.writing() as writer:
        for record in records:
            writer.append(record)
    return folder


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    folder = _run(tmp_path / "run", FIRST, SECOND)
    assert RunFolder.open(tmp_path / "run").records() == ([FIRST, SECOND], [])
    assert folder.planned() == [FIRST.cell, SECOND.cell]
    assert folder.header() == {"schema": SCHEMA_VERSION, "run": "a run", "cells": [r.cell.to_json() for r in (FIRST, SECOND)]}


def test_one_record_is_one_line(tmp_path: Path) -> None:
    _run(tmp_path / "run", FIRST, SECOND)
    assert (tmp_path / "run" / "records.jsonl").read_bytes().count(b"\n") == 2


def test_a_line_torn_at_any_byte_costs_that_line_alone(tmp_path: Path) -> None:
    folder = _run(tmp_path / "run", FIRST, SECOND)
    path = tmp_path / "run" / "records.jsonl"
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for cut in range(start + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        records, damage = folder.records()
        assert records == [FIRST], cut
        assert len(damage) == 1, cut
        assert "line 2" in damage[0], cut


@pytest.mark.parametrize("kept", [1, 30, -2])
def test_a_torn_line_is_cut_off_before_the_next_is_written(tmp_path: Path, kept: int) -> None:
    folder = _run(tmp_path / "run", FIRST, SECOND)
    path = tmp_path / "run" / "records.jsonl"
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    path.write_bytes(whole[: start + kept] if kept > 0 else whole[:kept])
    with folder.writing() as writer:
        writer.append(SECOND)
    assert folder.records() == ([FIRST, SECOND], [])


def test_a_line_that_lacks_only_its_end_counts_and_is_ended(tmp_path: Path) -> None:
    folder = _run(tmp_path / "run", FIRST)
    path = tmp_path / "run" / "records.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert folder.records() == ([FIRST], [])
    with folder.writing() as writer:
        writer.append(SECOND)
    assert folder.records() == ([FIRST, SECOND], [])


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    folder = _run(tmp_path / "run", FIRST)
    with folder.writing(), pytest.raises(FolderError, match="in use"), RunFolder.open(folder.path).writing():
        pass
    with folder.writing():  # free again
        assert folder.records() == ([FIRST], [])


def test_a_newer_schema_is_refused_by_its_number(tmp_path: Path) -> None:
    folder = _run(tmp_path / "run", FIRST)
    (folder.path / "run.json").write_text(json.dumps({"schema": SCHEMA_VERSION + 1}))
    with pytest.raises(FolderError, match=f"schema {SCHEMA_VERSION + 1}"):
        RunFolder.open(folder.path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "one"}'])
def test_a_damaged_header_is_refused(tmp_path: Path, text: str) -> None:
    folder = _run(tmp_path / "run", FIRST)
    (folder.path / "run.json").write_text(text)
    with pytest.raises(FolderError, match="damaged"):
        folder.header()


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"no run\.json"):
        RunFolder.open(tmp_path)


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    _run(tmp_path / "run", FIRST)
    with pytest.raises(FolderError, match="holds a run already"):
        RunFolder.create(tmp_path / "run", {})


def test_a_header_never_holds_nan(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {"seconds": float("nan")})
    assert folder.header()["seconds"] is None
    assert "NaN" not in (tmp_path / "run" / "run.json").read_text()


def test_numbers_of_other_writers_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    folder = _run(tmp_path / "run", FIRST)
    path = tmp_path / "run" / "records.jsonl"
    for token in ("NaN", "Infinity", "-Infinity"):
        path.write_text(path.read_text().replace('"value":2.5', f'"value":{token}').replace('"value":null', f'"value":{token}'))
        assert [metric.value for record in folder.records()[0] for metric in record.metrics] == [None]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="cannot be written: Not a directory"):
        RunFolder.create(tmp_path / "file" / "run", {})
    folder = _run(tmp_path / "run", FIRST)
    (folder.path / "records.jsonl").unlink()
    (folder.path / "records.jsonl").mkdir()
    with pytest.raises(FolderError, match="cannot be written: Is a directory"), folder.writing():
        pass


def test_a_run_is_withdrawn_only_where_nothing_was_written(tmp_path: Path) -> None:
    assert not _run(tmp_path / "run", FIRST).withdraw()
    empty = _run(tmp_path / "empty")
    with empty.writing(), pytest.raises(FolderError, match="in use"):
        empty.withdraw()
    assert empty.withdraw()
    assert _run(tmp_path / "empty", SECOND).records() == ([SECOND], [])
