"""Folders that agree in code, machine, versions and files are parts of one run; one that differs is a run of its own."""

import pytest

from benchmarks.records import Cell
from reports import frames
from reports.parts import joint_name, name_of, parts

HERE = {
    "protocol": 2,
    "provenance": {"machine": "a", "versions": {"torch": "2.13"}, "estimators": {"digest": "e"}, "files": {"my.py": "1"}},
}


def _with(**changes):
    return {**HERE, "provenance": {**HERE["provenance"], **changes}}


@pytest.mark.parametrize(
    "other",
    [
        _with(machine="b"),
        _with(versions={"torch": "2.14"}),
        _with(estimators={"digest": "f"}),
        _with(files={"my.py": "2"}),
        {**HERE, "protocol": 3},
    ],
    ids=["machine", "versions", "estimators", "files", "protocol"],
)
def test_what_differs_is_a_run_of_its_own(other):
    assert parts([HERE, other, HERE, other]) == [[0, 2], [1, 3]]


def test_what_was_asked_for_does_not_make_another_run():
    assert parts([HERE, {**HERE, "options": {"shard": "2/2"}}, {**HERE, "run": "later"}]) == [[0, 1, 2]]


def test_a_file_that_only_one_part_measured_keeps_them_together_and_one_that_changed_since_does_not():
    assert parts([_with(files={"my.py": "1"}), _with(files={"other.py": "1"}), _with(files={"my.py": "2"})]) == [[0, 1], [2]]


def test_nothing_known_is_the_same_everywhere():
    assert parts([{}, {}]) == [[0, 1]]
    assert parts([]) == []


def test_names_are_visible_and_those_of_parts_are_counted():
    assert name_of({"run": "a\u202e"}, "folder") == "a\\u202e"
    assert name_of({}, "folder") == "folder"
    assert joint_name(["a"]) == "a"
    assert joint_name(["a", "b", "c"]) == "a and 2 more parts"


def test_a_report_pools_parts_of_one_run_beside_another_run(make_run, record_of):
    """Two shards and a run of another version: two panels a problem, not three, and processes of the parts together."""
    records = [record_of(Cell("backprop", "beale", "cost", process=process), multiple=3.0) for process in range(2)]
    here = [make_run([record], name=name) for name, record in zip(("one", "two"), records, strict=True)]
    there = make_run(records, name="other", provenance={"machine": "bench", "versions": {"torch": "2.14.0"}})
    cells = frames.read([*here, there]).cells
    assert dict(zip(cells["panel"], cells["processes"], strict=True)) == {"beale · one and 1 more part": 2, "beale · other": 2}
