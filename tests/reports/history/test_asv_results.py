"""asv's result files are read as asv means them: what is null failed, what is NaN was skipped, and nothing is zero."""

import json
import math
from pathlib import Path

import pytest

from reports.history import asv_results


def by_name(folder) -> dict[str, object]:
    return {one.track.name.text: one for one in asv_results.read(folder.path).found}


def test_every_value_is_read_with_its_commit_estimator_and_parameters(asv_folder, tracked) -> None:
    asv_folder.store(0, {tracked(widths=(64, 256)): [2.5, 2.75, 2.0, 2.25]})
    read = asv_results.read(asv_folder.path)
    found = [(one.track.name.text, one.track.variant, one.value, one.low, one.outcome) for one in read.found]
    assert found == [
        ("backprop", "width=64", 2.5, None, "ok"),
        ("backprop", "width=256", 2.75, None, "ok"),
        ("spsa[k=1]", "width=64", 2.0, None, "ok"),
        ("spsa[k=1]", "width=256", 2.25, None, "ok"),
    ]
    assert {one.commit for one in read.found} == {"03" * 20}
    assert {one.date for one in read.found} == {1_700_000_000.0}
    assert {(one.track.quantity.name, one.track.benchmark) for one in read.found} == {("multiple", "track_sweeps.Width")}
    assert read.notes == ()


def test_null_failed_and_nan_was_skipped(asv_folder, tracked) -> None:
    asv_folder.store(0, {tracked(): [None, math.nan]})
    found = by_name(asv_folder)
    assert [(found[name].value, found[name].outcome) for name in ("backprop", "spsa[k=1]")] == [
        (None, "failed"),
        (None, "skipped"),
    ]


def test_a_benchmark_that_failed_as_a_whole_failed_in_every_combination(asv_folder, tracked) -> None:
    asv_folder.store(0, {tracked(): [None, None]})
    [path] = asv_folder.path.glob("bench/*-*.json")
    assert json.loads(path.read_text())["results"]["track_sweeps.Width.track_runtime_multiple"][0] is None
    assert [one.outcome for one in asv_results.read(asv_folder.path).found] == ["failed", "failed"]


def test_what_asv_times_has_the_interval_that_asv_keeps(asv_folder, tracked) -> None:
    benchmark = tracked("time_step", "seconds")
    samples = [[0.001 * (1 + 0.01 * place) for place in range(20)]] * 2
    asv_folder.store(0, {benchmark: [0.001, 0.001]}, samples=samples)
    one = asv_results.read(asv_folder.path).found[0]
    assert one.low < one.value < one.high
    assert one.value == pytest.approx(0.001095, rel=1e-3)
    assert one.track.quantity.judged is False


def test_machines_and_environments_are_places_of_their_own(asv_folder, tracked) -> None:
    for machine, environment in (("a", "py3.11"), ("b", "py3.11"), ("a", "py3.12")):
        asv_folder.store(0, {tracked(): [1.0, 2.0]}, machine, environment)
    assert len({one.track.place for one in asv_results.read(asv_folder.path).found}) == 3


def test_an_unreadable_file_is_named_and_the_others_are_read(asv_folder, tracked, monkeypatch) -> None:
    for place in range(3):
        asv_folder.store(place, {tracked(): [1.0, 2.0]})
    folder = asv_folder.path / "bench"
    texts = {
        "torn.json": '{"commit_hash": "03',
        "list.json": "[1, 2]",
        "empty.json": "",
        "newer.json": json.dumps({"version": 99}),
        "bare.json": json.dumps({"version": 2}),
        "words.json": (next(folder.glob("0303*.json"))).read_text().replace("1.0", '"many"').replace("03030303", "0a0a0a0a"),
        "nocommit.json": (next(folder.glob("0303*.json"))).read_text().replace("0303", "--up"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    monkeypatch.chdir(asv_folder.path.parent)
    read = asv_results.read(Path(asv_folder.path.name))
    assert len(read.found) == 6
    assert [note.partition(" ")[0] for note in read.notes] == sorted(f"bench/{name}" for name in texts)
    assert not [note for note in read.notes if str(asv_folder.path) in note]


def test_without_asvs_list_of_benchmarks_numbers_have_no_unit_and_parameters_no_name(asv_folder, tracked) -> None:
    asv_folder.store(0, {tracked(): [1.0, 2.0]})
    (asv_folder.path / "benchmarks.json").unlink()
    read = asv_results.read(asv_folder.path)
    assert [(one.track.name.text, one.track.variant, one.track.quantity.name) for one in read.found] == [
        ("parameter 1=backprop", "parameter 2=64", "unit"),
        ("parameter 1=spsa", "parameter 2=64", "unit"),
    ]
    assert "benchmarks.json" in read.notes[0]


def test_a_benchmark_without_parameters_and_of_another_project_is_read(asv_folder, tracked) -> None:
    plain = type(tracked())("suite.time_add", "seconds")
    asv_folder.store(0, {plain: [0.25]})
    [one] = asv_results.read(asv_folder.path).found
    assert (one.track.benchmark, one.track.name.text, one.track.variant, one.value) == ("suite.time_add", "time_add", "", 0.25)


def test_an_estimator_that_is_gone_keeps_its_name(asv_folder, tracked) -> None:
    gone = type(tracked())("a.B.track_x", "calls", ("estimator",), (("'no-such[k=3]'",),))
    asv_folder.store(0, {gone: [1.0]})
    assert list(by_name(asv_folder)) == ["no-such[k=3]"]


def test_names_lose_no_character_and_none_of_them_is_invisible(asv_folder, tracked) -> None:
    long, hostile = "x" * 200, "<script>\u202e\x07"
    benchmark = type(tracked())(f"a.{long}.track_x", "", ("estimator",), ((repr(long), repr(hostile)),))
    asv_folder.store(0, {benchmark: [1.0, 2.0]}, machine="bench")
    read = asv_results.read(asv_folder.path)
    assert [one.track.name.text for one in read.found] == [long, "<script>\\u202e\\x07"]


def test_a_folder_that_is_not_asvs_is_not_looked_into(tmp_path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "package.json").write_text("{}")
    assert asv_results.read(tmp_path) == asv_results.Read((), ())
