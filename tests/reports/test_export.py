"""Export: the file holds what the records hold."""

import pandas as pd
from pandas.testing import assert_frame_equal

from benchmarks.records import load
from reports.export import to_csv


def test_the_file_reads_back_as_the_tidy_frame(odd, tmp_path) -> None:
    path = to_csv([odd], tmp_path / "numbers.csv")
    frame = load(odd)
    back = pd.read_csv(path, dtype={name: str for name in frame if not pd.api.types.is_numeric_dtype(frame[name])})
    assert list(back) == list(frame)
    numbers = ["value", "low", "high"]
    assert_frame_equal(back[numbers].astype(float), frame[numbers])
    assert back["outcome"].tolist() == frame["outcome"].tolist()


def test_missing_numbers_are_empty(make_run, record_of, tmp_path) -> None:
    from benchmarks.records import Cell

    folder = make_run([record_of(Cell("backprop", "beale", "cost"), "timeout", "10 s")])
    header, line = to_csv([folder], tmp_path / "numbers.csv").read_text().splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["value"] == ""
