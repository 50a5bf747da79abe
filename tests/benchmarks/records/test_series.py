"""Curves lie beside the records as plain arrays, are there when the record is, and a damaged one is said."""

import json

import numpy as np
import pytest

from benchmarks.records import TRAINING, Cell, FolderError, Outcome, Record, RunFolder

CELL = Cell("backprop", "sphere[n=64]", TRAINING, rule="sgd[lr=0.1]", steps=2)
SERIES = {"step": [0.0, 1.0, 2.0], "loss": [3.0, None, 1.0]}


@pytest.fixture
def folder(make_run) -> RunFolder:
    return RunFolder.open(make_run([Record(CELL, Outcome.OK, series=SERIES)]))


def test_a_curve_comes_back_with_nan_where_there_was_no_value(folder: RunFolder) -> None:
    curve = folder.curve(CELL)
    np.testing.assert_array_equal(curve["step"], [0, 1, 2])
    np.testing.assert_array_equal(curve["loss"], [3, np.nan, 1])
    assert not folder.curve(Cell("backprop", "sphere[n=64]", "cost"))


def test_the_line_of_a_record_holds_no_curve(folder: RunFolder) -> None:
    (line,) = (folder.path / "records.jsonl").read_text().splitlines()
    assert "series" not in json.loads(line)
    assert [file.name for file in (folder.path / "series").iterdir()] == [f"{CELL.key}.npy"]


def test_nothing_is_unpickled(folder: RunFolder) -> None:
    np.save(folder.path / "series" / f"{CELL.key}.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(FolderError, match=f"the curve {CELL.key} is damaged"):
        folder.curve(CELL)


def test_a_torn_curve_is_said(folder: RunFolder) -> None:
    path = folder.path / "series" / f"{CELL.key}.npy"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FolderError, match="damaged"):
        folder.curve(CELL)


def test_a_curve_survives_json_on_its_way_to_the_folder() -> None:
    record = Record(CELL, Outcome.OK, series={"loss": [float("nan"), 1.0]})
    back = Record.from_json(json.loads(json.dumps(record.to_json(), allow_nan=False)))
    assert back.series == {"loss": [None, 1.0]}


def test_rule_and_steps_are_part_of_what_a_training_is() -> None:
    assert Cell.from_json(json.loads(json.dumps(CELL.to_json()))) == CELL
    assert len({CELL.key, Cell(*("backprop", "sphere[n=64]", TRAINING), rule="sgd[lr=0.2]", steps=2).key}) == 2


def test_a_curve_that_cannot_be_written_leaves_no_line(make_run) -> None:
    folder = RunFolder.open(make_run([]))
    (folder.path / "series").write_text("in the way")
    with folder.writing() as writer, pytest.raises(FolderError, match="cannot be written"):
        writer.append(Record(CELL, Outcome.OK, series=SERIES))
    assert folder.records() == ([], [])
