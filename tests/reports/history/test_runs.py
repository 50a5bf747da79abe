"""Run folders give the tracked numbers of the commit whose estimators they measured, with the intervals of their records."""

import pytest

from benchmarks.records import CONTRACT, Cell, FolderError
from reports.history import runs

COMMIT = "0123456789" * 4


def provenance(commit: str | None = COMMIT, *, dirty: bool = False, **more) -> dict:
    return {
        "machine": "bench",
        "cpu": {"name": "Fast"},
        "versions": {"torch": "2.13.0"},
        "ruler": {"commit": "f" * 40},
        "estimators": {"commit": commit, "dirty": dirty},
        **more,
    }


@pytest.fixture
def measured(make_run, record_of):
    """Writes a run of backprop on one problem: `measured(name, multiple=..., provenance=...)`."""

    def write(name: str = "run", multiple=(3.0, 2.9, 3.1), process: int = 0, **options):
        cells = {
            "cost": {"multiple": multiple, "flop_multiple": 2.5, "forward_calls": 1},
            "memory": {"peak_bytes": 4096},
            "quality": {"cosine": (0.75, 0.5, 0.875), "relative_error": (0.5, 0.25, 1.0)},
            CONTRACT: {"clauses_passed": 7},
        }
        records = [
            record_of(Cell("backprop", CONTRACT if kind == CONTRACT else "beale", kind, process=process), **numbers)
            for kind, numbers in cells.items()
        ]
        return make_run(records, name=name, provenance=provenance(), created="2026-01-02T03:04:05+00:00", **options)

    return write


def numbers(read) -> dict[str, tuple]:
    return {one.track.quantity.name: (one.value, one.low, one.high) for one in read.found}


def test_tracked_numbers_have_the_intervals_of_their_records(measured) -> None:
    read = runs.read([measured()])
    assert numbers(read) == {
        "multiple": (3.0, 2.9, 3.1),
        "flop_multiple": (2.5, None, None),
        "forward_calls": (1.0, None, None),
        "peak_bytes": (4096.0, None, None),
        "cosine_distance": (0.25, 0.125, 0.5),
        "relative_error": (0.5, 0.25, 1.0),
    }
    assert {(one.commit, one.source, one.track.from_asv) for one in read.found} == {(COMMIT, "run", False)}
    assert read.notes == ()


def test_runs_of_one_commit_are_pooled_to_median_lowest_and_highest(measured) -> None:
    folders = [measured(f"run-{place}", (value, 0.0, 9.0)) for place, value in enumerate((3.0, 5.0, 4.0))]
    read = runs.read(folders)
    assert numbers(read)["multiple"] == (4.0, 3.0, 5.0)
    assert {one.source for one in read.found} == {"run-0, run-1, run-2"}


def test_a_run_named_twice_counts_once(measured) -> None:
    folder = measured()
    assert runs.read([folder, folder]) == runs.read([folder])


def test_what_was_not_measured_is_there_without_a_value(make_run, record_of) -> None:
    folder = make_run([record_of(Cell("backprop", "beale", "memory"), "out-of-memory", "no room")], provenance=provenance())
    [one] = runs.read([folder]).found
    assert (one.track.quantity.name, one.value, one.outcome) == ("peak_bytes", None, "out-of-memory")


def test_a_run_that_names_no_commit_is_left_out_and_named(make_run, record_of) -> None:
    record = record_of(Cell("backprop", "beale", "cost"), multiple=3.0)
    read = runs.read([make_run([record], name=f"run-{commit}", provenance=provenance(commit)) for commit in (None, "--all")])
    assert read.found == ()
    assert len(read.notes) == 2
    assert all("does not say which commit" in note for note in read.notes)


def test_code_that_differed_from_its_commit_is_marked_and_said(make_run, record_of) -> None:
    record = record_of(Cell("backprop", "beale", "cost"), multiple=3.0)
    read = runs.read([make_run([record], provenance=provenance(dirty=True))])
    assert read.found[0].marks == {"dirty"}
    assert read.notes == ("1 run measured code that differed from the commit it names: run.",)


@pytest.mark.parametrize(
    "other",
    [{"machine": "other"}, {"cpu": {"name": "Slow"}}, {"versions": {"torch": "2.12.0"}}],
    ids=["machine", "processor", "torch"],
)
def test_what_was_measured_elsewhere_is_another_track(make_run, record_of, other) -> None:
    record = record_of(Cell("backprop", "beale", "cost"), multiple=3.0)
    folders = [make_run([record], name=f"run-{place}", provenance=provenance(**more)) for place, more in enumerate(({}, other))]
    assert len({one.track for one in runs.read(folders).found}) == 2


def test_another_protocol_or_another_file_of_the_users_is_another_version(make_run, record_of) -> None:
    cell = Cell("/home/me/my.py:Mine", "beale", "cost")
    record = record_of(cell, multiple=3.0)
    folders = [
        make_run([record], name=name, provenance=provenance(files={"/home/me/my.py": digest}), protocol=protocol)
        for name, digest, protocol in (("a", "11", 2), ("b", "22", 2), ("c", "11", 3))
    ]
    read = runs.read(folders)
    assert len({one.track.version for one in read.found}) == 3
    assert len({one.track.name for one in read.found}) == 1


def test_a_damaged_folder_or_line_is_named_and_the_rest_is_read(measured) -> None:
    whole, torn, damaged = measured("whole"), measured("torn"), measured("damaged")
    with (torn / "records.jsonl").open("a") as stream:
        stream.write('{"estimator": "back')
    (damaged / "run.json").write_text("{")
    read = runs.read([whole, torn, damaged])
    assert numbers(read)["multiple"][0] == 3.0
    assert [("torn/records.jsonl" in note, "damaged" in note) for note in read.notes] == [(True, False), (False, True)]


def test_a_folder_of_run_folders_stands_for_them(measured, tmp_path) -> None:
    first, second = measured("a"), measured("b")
    assert runs.folders_of(first) == [first]
    assert runs.folders_of(first.parent) == [first, second]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FolderError, match="is no run folder, and there is none in it"):
        runs.folders_of(tmp_path / "empty")
