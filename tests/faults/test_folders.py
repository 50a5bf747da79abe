"""A full disk, two drivers on one folder, records cut off anywhere, a newer schema: named, and what is there stays valid."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.provenance import ROOT
from benchmarks.records import SCHEMA_VERSION, Cell, FolderError, Metric, Outcome, Record, RunFolder, load
from benchmarks.request import Request
from benchmarks.runner import run

pytestmark = pytest.mark.faults

RECORDS = [
    Record(Cell("backprop", f"sphere[n={n}]", "cost"), Outcome.OK, "“reason”", metrics=(Metric("multiple", 2.5 + n, "x base"),))
    for n in range(3)
]
START = ("run", "custom", "-p", "beale", "--measure", "memory", "--out", "run")


def _command(folder: Path, *arguments: str, prepare: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gradgauge", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )


def _ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, error = process.communicate(timeout=240)
    assert "Traceback" not in error
    return process.returncode, out, error


def _no_file_beyond(size: int) -> Callable[[], None]:
    """What a full disk is to the process that is started next, and to all that it starts."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_record_that_does_not_fit_leaves_those_before_it_whole(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {"run": "run", "cells": []})
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    with folder.writing() as writer:
        writer.append(RECORDS[0])
        size = (folder.path / "records.jsonl").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, limit[1]))
        try:
            with pytest.raises(FolderError, match=r"records\.jsonl cannot be written: File too large.*--resume"):
                writer.append(RECORDS[1])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert folder.records() == ([RECORDS[0]], [])
        writer.append(RECORDS[2])
    assert folder.records() == ([RECORDS[0], RECORDS[2]], [])


def test_a_header_that_does_not_fit_leaves_the_one_before(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {"run": "before"})
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        with pytest.raises(FolderError, match=r"run\.json cannot be written: File too large"):
            folder.write_header({"run": "x" * 1000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert folder.header()["run"] == "before"
    assert sorted(path.name for path in folder.path.iterdir()) == ["records.jsonl", "run.json"]


def test_a_run_on_a_disk_that_fills_up_says_so_and_can_be_finished(tmp_path: Path) -> None:
    asked = ("run", "custom", "-p", "beale", "-p", "sphere[n=4]", "-e", "spsa", "--measure", "cost", "--budget", "200ms")
    filling = _no_file_beyond(8_000)  # more than the header and one record take, less than all of them
    code, _, error = _ended(_command(tmp_path, *asked, "--out", "run", prepare=filling))
    assert code == 2
    assert "run/records.jsonl cannot be written: File too large" in error
    records, damage = RunFolder.open(tmp_path / "run").records()
    assert damage == []
    assert 1 <= len(records) < 4
    code, out, _ = _ended(_command(tmp_path, "run", "--resume", "run"))
    assert code == 0
    assert RunFolder.open(tmp_path / "run").records()[0][: len(records)] == records
    assert "4 planned cells: 4 ok" in out


def test_on_a_disk_that_is_full_at_the_start_nothing_begins(tmp_path: Path) -> None:
    code, out, error = _ended(_command(tmp_path, *START, prepare=_no_file_beyond(0)))
    assert (code, out) == (2, "")
    assert "temporary files cannot be written (is the disk full?)" in error
    assert not (tmp_path / "run").exists()


def test_a_folder_in_which_a_run_could_not_begin_is_not_taken_for_a_run(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        with pytest.raises(FolderError, match="cannot be written: File too large"):
            RunFolder.create(tmp_path / "run", {"run": "x" * 1000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert RunFolder.create(tmp_path / "run", {"run": "second"}).header()["run"] == "second"


def test_a_report_that_does_not_fit_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", {"run": "run", "cells": []})
    code, out, error = _ended(_command(tmp_path, "report", "run", prepare=_no_file_beyond(1_000)))
    assert (code, out) == (2, "")
    assert "run/report.html: File too large" in error
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["records.jsonl", "run.json"]


def test_cut_at_any_byte_everything_before_the_cut_loads_and_the_next_record_is_whole(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {"run": "run", "cells": []})
    with folder.writing() as writer:
        for record in RECORDS:
            writer.append(record)
    path = folder.path / "records.jsonl"
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        lines = whole[:cut].split(b"\n")
        kept = len(lines) - 1 + (lines[-1] in whole.split(b"\n")[:-1])  # a last line that lacks only its end is whole
        records, damage = folder.records()
        assert records == RECORDS[:kept], cut
        assert len(damage) == (cut > 0 and whole[cut - 1 : cut] != b"\n" and kept < len(lines)), cut
        with folder.writing() as writer:
            writer.append(RECORDS[0])
        assert folder.records() == ([*RECORDS[:kept], RECORDS[0]], []), cut
    path.write_bytes(whole[:-20])
    assert len(load(folder.path)) == 2


def test_of_two_drivers_that_start_in_one_folder_one_measures_and_one_is_refused(tmp_path: Path) -> None:
    both = [_command(tmp_path, *START), _command(tmp_path, *START)]
    ends = sorted((_ended(process) for process in both), key=lambda end: end[0])
    assert [code for code, _, _ in ends] == [0, 2]
    assert "run is in use by another process" in ends[1][2] or "run holds a run already" in ends[1][2]
    assert [record.outcome for record in RunFolder.open(tmp_path / "run").records()[0]] == [Outcome.OK]


def test_a_driver_that_resumes_a_run_at_work_is_refused(tmp_path: Path) -> None:
    made = run(Request("custom", (), ("beale",), ("memory",), out=tmp_path / "run"))
    with RunFolder.open(made.folder).writing():
        code, out, error = _ended(_command(tmp_path, "run", "--resume", "run"))
    assert (code, out) == (2, "")
    assert "run is in use by another process" in error


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--resume", "run"),
        ("report", "run"),
        ("export", "run"),
        ("compare", "run", "other"),
        ("compare", "other", "run"),
    ],
    ids=" ".join,
)
def test_a_folder_of_a_newer_schema_is_refused_by_every_command(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    RunFolder.create(tmp_path / "other", {"run": "other", "cells": []})
    folder = RunFolder.create(tmp_path / "run", {"run": "run", "cells": []})
    (folder.path / "run.json").write_text(json.dumps({"schema": SCHEMA_VERSION + 1, "cells": 7}))
    code, out, error = _ended(_command(tmp_path, *arguments))
    assert (code, out) == (2, "")
    assert f"records schema {SCHEMA_VERSION + 1}; this gradgauge knows {SCHEMA_VERSION} at most" in error
