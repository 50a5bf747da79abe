"""A run end to end with real workers: a folder with every planned cell, provenance, exit code; and a driver without torch."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.doctor import store
from benchmarks.doctor.noise import NoiseFloor, Place, noise_floor_of
from benchmarks.journal import Status
from benchmarks.provenance import ROOT
from benchmarks.records import PROTOCOL_VERSION, FolderError, Outcome, RunFolder
from benchmarks.records.ceilings import ceilings_of
from benchmarks.request import Request, UsageError
from benchmarks.runner import RunResult, expected_seconds, plan, reopen, run

ASKED = Request("custom", ("spsa", "checkpointed-backprop"), ("sphere[n=8]", "logistic-regression"), budget=0.2, draws=8)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, list[Status]]:
    seen: list[Status] = []
    return run(Request(**{**vars(ASKED), "out": tmp_path_factory.mktemp("runs") / "run"}), seen.append), seen


def test_every_planned_cell_has_a_record_and_skips_have_a_reason(finished: tuple[RunResult, list[Status]]) -> None:
    result, _ = finished
    folder = RunFolder.open(result.folder)
    records, damage = folder.records()
    assert damage == []
    assert {record.cell for record in records} == set(folder.planned()) == {planned.cell for planned in plan(ASKED).cells}
    skipped = [record for record in records if record.outcome is Outcome.SKIPPED]
    assert len(skipped) == 6  # checkpointing needs a module in layers
    assert all("needs module" in record.reason for record in skipped)
    assert all(record.metrics for record in records if record.outcome is Outcome.OK)
    assert result.exit_code == 0
    assert result.counts == {"ok": len(records) - 6, "skipped": 6}


def test_the_header_says_what_was_asked_and_where(finished: tuple[RunResult, list[Status]]) -> None:
    header = RunFolder.open(finished[0].folder).header()
    assert header["protocol"] == PROTOCOL_VERSION
    assert header["options"] == json.loads(json.dumps(ASKED.options()))
    provenance = header["provenance"]
    assert provenance["torch"]["threads"] == 1
    assert {"OMP_NUM_THREADS", "MALLOC_MMAP_THRESHOLD_"} <= set(provenance["environment"])
    assert provenance["estimators_in"] == str(ROOT)
    assert len(provenance["ruler"]["digest"]) == 16
    assert provenance["cpu"]["name"]
    assert provenance["memory"]["total_bytes"] > 0
    assert header["sessions"][0]["interrupted"] is False


def test_the_header_carries_the_noise_floor_that_is_kept_for_the_place(
    finished: tuple[RunResult, list[Status]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = RunFolder.open(finished[0].folder).header()
    assert "noise_floor" not in before
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    place = Place.of(before["provenance"], "cpu", 1)
    floor = NoiseFloor(place, datetime.now(UTC).isoformat(), 0.014, 0.014, 20, 6, 4)
    store.keep(floor, tmp_path / "gradgauge")
    small = Request("custom", ("backprop",), ("beale",), measures=("memory",), out=tmp_path / "run")
    assert noise_floor_of(RunFolder.open(run(small).folder).header()) == floor


def test_the_header_holds_the_ceilings_of_the_device_where_anything_was_timed(
    finished: tuple[RunResult, list[Status]], tmp_path: Path
) -> None:
    header = RunFolder.open(finished[0].folder).header()
    found = ceilings_of(header)
    assert found is not None
    assert (found.device, found.dtype, found.threads) == ("cpu", "float32", 1)
    assert found.copy[1] > 1e6
    run(reopen(finished[0].folder, {}))
    assert RunFolder.open(finished[0].folder).header()["ceilings"] == header["ceilings"]
    untimed = Request("custom", ("backprop",), ("beale",), measures=("memory",), out=tmp_path / "run")
    assert "ceilings" not in RunFolder.open(run(untimed).folder).header()


def test_records_say_who_measured_them_and_in_which_order(finished: tuple[RunResult, list[Status]]) -> None:
    records, _ = RunFolder.open(finished[0].folder).records()
    timed = [record for record in records if record.cell.kind == "cost"]
    assert [record.order for record in timed] == list(range(len(timed)))
    assert len({record.facts["worker"] for record in timed}) == 1
    assert all(record.facts["other_load"] >= 0 for record in records)
    assert {record.facts["worker"] for record in records if record.cell.kind != "cost"}.isdisjoint({timed[0].facts["worker"]})


def test_progress_counts_up_to_the_end(finished: tuple[RunResult, list[Status]]) -> None:
    result, seen = finished
    done = [status.done for status in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total == sum(result.counts.values())
    assert seen[-1].left == 0
    assert len([status for status in seen if status.last is not None]) == seen[-1].total
    assert any(status.running for status in seen)


def test_a_finished_run_has_nothing_left_to_resume(finished: tuple[RunResult, list[Status]]) -> None:
    folder = finished[0].folder
    assert plan(reopen(folder, {})).cells == ()
    before = (folder / "records.jsonl").read_bytes()
    assert run(reopen(folder, {"seed": 0})).exit_code == 0
    assert (folder / "records.jsonl").read_bytes() == before


def test_a_torn_line_is_cut_off_and_reported_by_the_run_that_resumes(tmp_path: Path) -> None:
    asked = Request("custom", (), ("beale",), ("memory",), out=tmp_path / "run")
    run(asked)
    with (tmp_path / "run" / "records.jsonl").open("a") as stream:
        stream.write('{"estimator": "back')
    first, second = run(reopen(tmp_path / "run", {})), run(reopen(tmp_path / "run", {}))
    assert [len(result.damage) for result in (first, second)] == [1, 0]
    assert "line 2: unreadable" in first.damage[0]


def test_resuming_refuses_what_differs_by_name(finished: tuple[RunResult, list[Status]], tmp_path: Path) -> None:
    folder = finished[0].folder
    with pytest.raises(UsageError, match=r"draws was 8 and is now 9"):
        reopen(folder, {"draws": 9})
    header = RunFolder.open(folder).header()
    for change, words in (
        ({"protocol": PROTOCOL_VERSION + 1}, f"by protocol {PROTOCOL_VERSION + 1}"),
        ({"provenance": {**header["provenance"], "ruler": {"commit": "abc"}}}, "the commit of the ruler was abc"),
        ({"directory": "/elsewhere", "options": {**header["options"], "problems": ["mine.py:build"]}}, "started in /elsewhere"),
    ):
        other = RunFolder.create(tmp_path / words.replace("/", "-"), {**header, **change})
        with pytest.raises(UsageError, match=words):
            reopen(other.path, {})


def test_a_run_is_not_resumed_when_a_file_of_the_users_has_changed(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text((ROOT / "docs" / "own_model.py").read_text())
    asked = Request("custom", (), (f"{own}:build",), ("memory",), out=tmp_path / "run")
    assert run(asked).exit_code == 0
    assert reopen(tmp_path / "run", {}).problems == asked.problems
    own.write_text(own.read_text() + "# another")
    with pytest.raises(UsageError, match=r"own\.py has changed; start a new run"):
        reopen(tmp_path / "run", {})
    own.unlink()
    with pytest.raises(UsageError, match=r"own\.py cannot be read"):
        reopen(tmp_path / "run", {})


def test_a_run_that_names_no_file_of_the_users_is_resumed_from_anywhere(
    finished: tuple[RunResult, list[Status]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(reopen(finished[0].folder, {})).exit_code == 0


def test_a_folder_in_use_or_already_full_is_refused(finished: tuple[RunResult, list[Status]]) -> None:
    folder = finished[0].folder
    with RunFolder.open(folder).writing(), pytest.raises(FolderError, match="in use"):
        run(reopen(folder, {}))
    with pytest.raises(FolderError, match="holds a run already"):
        run(Request(suite="custom", out=folder))


def test_a_total_budget_bounds_what_is_expected() -> None:
    assert expected_seconds(Request(total_budget=60.0)) == 60.0
    assert expected_seconds(Request()) > 60.0


def test_a_total_budget_that_cannot_be_kept_is_not_what_is_expected() -> None:
    assert 5.0 < expected_seconds(Request(total_budget=5.0)) < expected_seconds(Request())


def test_estimators_can_come_from_another_folder(tmp_path: Path) -> None:
    other = tmp_path / "older" / "estimators"
    other.mkdir(parents=True)
    for path in (ROOT / "estimators").rglob("*.py"):
        copy = other / path.relative_to(ROOT / "estimators")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    asked = Request("custom", (), ("beale",), ("memory",), estimators_from=other.parent, out=tmp_path / "run")
    result = run(asked)
    assert result.counts == {"ok": 1}
    assert RunFolder.open(result.folder).header()["provenance"]["estimators_in"] == str(other.parent)


def test_the_driver_never_imports_torch(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\n"
        "from benchmarks.request import Request\n"
        "from benchmarks.runner import run\n"
        f"result = run(Request('custom', (), ('beale',), ('contract', 'memory'), out=Path({str(tmp_path / 'run')!r})))\n"
        "heavy = {'torch', 'numpy', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)\n"
        "print(result.exit_code, sorted(heavy))\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "0 []"
