"""Export: the file holds what the records hold, in every format."""

from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal
from pyarrow import parquet

from benchmarks.records import Cell, FolderError, load
from reports.export import WRITERS, to_csv, to_parquet

NUMBERS = ["value", "low", "high", "count"]


def test_the_file_reads_back_as_the_tidy_frame(odd, tmp_path) -> None:
    path = to_csv([odd], tmp_path / "numbers.csv")
    frame = load(odd)
    back = pd.read_csv(path, dtype={name: str for name in frame if not pd.api.types.is_numeric_dtype(frame[name])})
    assert list(back) == list(frame)
    assert_frame_equal(back[NUMBERS].astype(float), frame[NUMBERS])
    assert back["outcome"].tolist() == frame["outcome"].tolist()


def test_missing_numbers_are_empty(make_run, record_of, tmp_path) -> None:
    folder = make_run([record_of(Cell("backprop", "beale", "cost"), "timeout", "10 s")])
    header, line = to_csv([folder], tmp_path / "numbers.csv").read_text().splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["value"] == ""


def test_parquet_reads_back_with_every_value_of_the_tidy_frame(odd, tmp_path) -> None:
    back, frame = pd.read_parquet(to_parquet([odd], tmp_path / "numbers.parquet")), load(odd)
    assert list(back) == list(frame)
    for name in frame:
        if name in NUMBERS:
            assert_series_equal(back[name].astype("float64"), frame[name])
        else:
            assert back[name].where(back[name].notna(), None).tolist() == frame[name].where(frame[name].notna(), None).tolist()


def test_parquet_counts_are_integers_and_missing_numbers_are_null(make_run, record_of, tmp_path) -> None:
    cells = [Cell("backprop", "beale", "cost"), Cell("spsa", "beale", "cost")]
    folder = make_run([record_of(cells[0], multiple=(2.0, 1.5, 2.5)), record_of(cells[1], "timeout", "10 s")])
    table = parquet.read_table(to_parquet([folder], tmp_path / "numbers.parquet")).to_pydict()
    assert (table["value"], table["count"]) == ([2.0, None], [100, None])
    assert table["metric"] == ["multiple", None]
    assert table["threads"] == [1, 1]


@pytest.mark.parametrize("format_", WRITERS)
def test_several_runs_are_merged_and_no_run_is_an_error(format_, make_run, record_of, tmp_path: Path) -> None:
    folders = [
        make_run([record_of(Cell(name, "beale", "cost"), multiple=2.0)], name=name) for name in ("backprop", "forward-gradient")
    ]
    written = WRITERS[format_](folders, tmp_path / "both").read_bytes()
    assert b"backprop" in written
    assert b"forward-gradient" in written
    assert not list(tmp_path.glob("*.partial"))
    with pytest.raises(FolderError, match="is no run folder"):
        WRITERS[format_]([tmp_path / "nowhere"], tmp_path / "both")
