"""From run folders to cells: nothing planned is lost, nothing missing becomes a number."""

import dataclasses
import math

import pytest

from benchmarks.records import Cell, FolderError
from reports import frames

COST = Cell("backprop", "sphere[n=64]", "cost")


def repeated(cell: Cell, processes: int) -> list[Cell]:
    return [dataclasses.replace(cell, process=process) for process in range(processes)]


def test_a_planned_cell_without_a_record_is_missing(make_run) -> None:
    (row,) = frames.rows(frames.read([make_run([], planned=[COST])]).cells)
    assert (row["outcome"], row["processes"]) == ("missing", 0)


def test_a_missing_number_is_nan_and_not_zero(make_run, record_of) -> None:
    other = dataclasses.replace(COST, problem="beale")
    cells = frames.read([make_run([record_of(COST, multiple=3.0), record_of(other, "timeout", "10 s")])]).cells
    assert sorted(cells["multiple"], key=math.isnan)[0] == 3.0
    assert cells["multiple"].isna().sum() == 1


def test_one_process_keeps_its_interval_and_says_so(make_run, record_of) -> None:
    results = frames.read([make_run([record_of(COST, multiple=(3.0, 2.9, 3.1))])])
    assert results.single
    assert results.scope == "95 % interval within this process"
    (row,) = frames.rows(results.cells)
    assert (row["multiple_low"], row["multiple"], row["multiple_high"]) == (2.9, 3.0, 3.1)


def test_several_processes_give_their_median_lowest_and_highest(make_run, record_of) -> None:
    values = [3.0, 3.3, 3.1]
    records = [record_of(cell, multiple=(v, v - 1, v + 1)) for cell, v in zip(repeated(COST, 3), values, strict=True)]
    results = frames.read([make_run(records)])
    (row,) = frames.rows(results.cells)
    assert not results.single
    assert (row["multiple_low"], row["multiple"], row["multiple_high"], row["processes"]) == (3.0, 3.1, 3.3, 3)


def test_the_same_draws_in_two_runs_keep_the_interval_over_draws(make_run, record_of) -> None:
    cell = dataclasses.replace(COST, kind="quality")
    runs = [make_run([record_of(cell, cosine=(0.5, 0.4, 0.6))], name=name) for name in ("one", "two")]
    (row,) = frames.rows(frames.read(runs).cells)
    assert (row["cosine_low"], row["cosine"], row["cosine_high"], row["processes"]) == (0.4, 0.5, 0.6, 2)


def test_the_gravest_outcome_of_several_processes_counts_and_is_counted(make_run, record_of) -> None:
    first, second, third = repeated(COST, 3)
    folder = make_run([record_of(first, multiple=3.0), record_of(second, "timeout", "10 s")], planned=[first, second, third])
    (row,) = frames.rows(frames.read([folder]).cells)
    assert row["outcome"] == "timeout"
    assert row["reason"] == "10 s (in 1 of 3 processes)"


def test_shards_of_one_run_are_pooled_and_nothing_is_missing(make_run, record_of) -> None:
    first, second = COST, dataclasses.replace(COST, problem="beale")
    shards = [
        make_run([record_of(cell, multiple=3.0)], planned=[first, second], name=cell.problem[:4]) for cell in (first, second)
    ]
    assert set(frames.read(shards).cells["outcome"]) == {"ok"}


@pytest.mark.parametrize("part", ["machine", "gpu"])
def test_runs_of_different_machines_are_not_pooled(make_run, record_of, part) -> None:
    folders = [make_run([record_of(COST, multiple=3.0)], name=name, provenance={part: name}) for name in ("here", "there")]
    assert set(frames.read(folders).cells["panel"]) == {"sphere · here", "sphere · there"}


@pytest.mark.parametrize(("files", "panels"), [({"my.py": "a"}, 2), ({"my.py": "b", "more.py": "c"}, 1), ({}, 1)])
def test_runs_between_which_a_users_file_changed_are_not_pooled(make_run, record_of, files, panels) -> None:
    records = [record_of(COST, multiple=3.0)]
    runs = [make_run(records, name=name, provenance={"files": of}) for name, of in (("one", {"my.py": "b"}), ("two", files))]
    assert len(set(frames.read(runs).cells["panel"])) == panels


def test_a_folder_named_twice_counts_once(make_run, record_of) -> None:
    folder = make_run([record_of(COST, multiple=3.0)])
    assert frames.read([folder, folder]).single


def test_what_sets_cells_apart_is_said_in_their_panel(make_run, record_of) -> None:
    records = [record_of(dataclasses.replace(COST, threads=threads), multiple=3.0) for threads in (1, 2)]
    assert set(frames.read([make_run(records)]).cells["panel"]) == {"sphere · 1 thread", "sphere · 2 threads"}


def test_two_files_of_one_name_are_told_apart(make_run, record_of) -> None:
    records = [record_of(dataclasses.replace(COST, estimator=f"/{folder}/my.py:Mine"), multiple=3.0) for folder in "ab"]
    assert set(frames.read([make_run(records)]).cells["label"]) == {"/a/my.py:Mine", "/b/my.py:Mine"}


def test_the_dimension_that_one_kind_knows_is_known_to_all(make_run, record_of) -> None:
    failed = record_of(dataclasses.replace(COST, kind="quality"), "failed", "no")
    folder = make_run([record_of(COST, multiple=3.0, n=64), dataclasses.replace(failed, facts={})])
    assert set(frames.read([folder]).cells["n"]) == {64.0}


def test_a_torn_line_is_reported_and_the_rest_is_read(make_run, record_of) -> None:
    folder = make_run([record_of(COST, multiple=3.0)])
    with (folder / "records.jsonl").open("a") as stream:
        stream.write('{"estimator": "back')
    results = frames.read([folder])
    assert len(results.cells) == 1
    assert "line 2" in results.runs[0].damage[0]


def test_what_is_no_run_folder_is_named(tmp_path) -> None:
    with pytest.raises(FolderError, match=r"has no run\.json"):
        frames.read([tmp_path])


def test_rows_are_those_of_the_table(make_run, record_of) -> None:
    cells = frames.read([make_run([record_of(COST, multiple=3.0)])]).cells
    assert frames.rows(cells)[0].keys() == set(cells)
    assert frames.rows(cells.iloc[:0]) == []


def test_executions_are_never_joined_and_a_label_says_which_is_not_eager(make_run, record_of) -> None:
    compiled = dataclasses.replace(COST, execution="compile")
    results = frames.read([make_run([record_of(COST, multiple=3.0), record_of(compiled, multiple=2.0)])])
    found = [(row["label"], row["series"], row["panel"], row["execution"], row["multiple"]) for row in frames.rows(results.cells)]
    assert found == [
        ("backprop", "backprop", "sphere", "eager", 3.0),
        ("backprop · compile", "backprop · compile", "sphere", "compile", 2.0),
    ]
