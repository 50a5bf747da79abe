"""The record of a profile: the same values back, newer and damaged ones refused, tables as they were."""

import json

import pytest

from benchmarks.records import FolderError
from benchmarks.records.profile import (
    FILE,
    PRIMAL,
    Called,
    Profile,
    Share,
    Step,
    holds_profile,
    read,
    read_steps,
    read_table,
    write,
    write_steps,
    write_table,
)

PROFILE = Profile(
    gradients=3,
    wall_ns=1000,
    phases=(Share(PRIMAL, 600.0, 400.0, 7.0, 50.0, 2.0, 9.0, None),),
    operators=(Called("aten::mm", PRIMAL, 2, 500),),
    evaluation_ns=300,
    evaluations=1,
    span_ns=80.0,
    device_ns=60.0,
    peak_bytes=64,
    at_peak={PRIMAL: 64},
    loaded_ns=(5, 9),
    missing={"timeline": "no reason"},
)


def test_a_profile_comes_back_equal_and_writes_the_same_bytes(tmp_path):
    write(tmp_path, PROFILE)
    first = (tmp_path / FILE).read_bytes()
    assert read(tmp_path) == PROFILE
    write(tmp_path, read(tmp_path))
    assert (tmp_path / FILE).read_bytes() == first
    assert holds_profile(tmp_path)


def test_shares_are_of_the_device_where_there_is_one():
    assert PROFILE.phases[0].busy_ns == 50.0
    assert Share(PRIMAL, 600.0, 400.0, 7.0).busy_ns == 600.0
    assert PROFILE.idle_share == pytest.approx(0.25)
    assert PROFILE.between_ns == 400.0
    assert Profile(1, 10, ()).idle_share is None


def test_a_folder_without_a_profile_and_a_damaged_or_newer_one_are_refused(tmp_path):
    with pytest.raises(FolderError, match="holds no profile"):
        read(tmp_path)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(FolderError, match="cannot be read"):
        read(tmp_path)
    (tmp_path / FILE).write_text(json.dumps({**PROFILE.to_json(), "version": 99}))
    with pytest.raises(FolderError, match="of version 99; this gradgauge knows 1 at most"):
        read(tmp_path)


def test_steps_and_tables_come_back_and_a_missing_entry_stays_empty(tmp_path):
    steps = [Step(0, 8, 8, "drawing"), Step(5, -8, 0, "primal and tangents")]
    write_steps(tmp_path, steps)
    assert read_steps(tmp_path) == steps
    write_table(tmp_path / "t.csv", ("a", "b"), iter([(1, None), (2, 3)]))
    assert read_table(tmp_path / "t.csv") == [{"a": "1", "b": ""}, {"a": "2", "b": "3"}]
    assert read_table(tmp_path / "none.csv") == []
    (tmp_path / "t.csv").write_text("a,b\n1\n")
    with pytest.raises(FolderError, match="differ in length"):
        read_table(tmp_path / "t.csv")
