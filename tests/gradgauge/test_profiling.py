"""`gradgauge profile` as it is typed: a folder with a page, a trace and timelines; bad input ends with exit code 2."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gradgauge as gg
from benchmarks.records import RunFolder
from benchmarks.records.profile import ALLOCATIONS, FILE, TIMELINE, TRACE, read, read_steps
from benchmarks.request import UsageError
from gradgauge.profiling import made
from reports.profiling.page import FILE_NAME

CHECKOUT = Path(__file__).resolve().parents[2]
SMALL = ("-e", "forward-gradient[k=2]", "-p", "sphere[n=64]")


def profile(working: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    run = [sys.executable, "-m", "gradgauge", "profile", *arguments]
    return subprocess.run(run, cwd=working, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def profiled(tmp_path_factory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One profile on the CPU, as it is typed, and its folder."""
    working = tmp_path_factory.mktemp("working")
    return profile(working, *SMALL, "-o", "mine"), working / "mine"


def test_the_folder_holds_a_page_a_trace_and_the_allocators_steps(profiled):
    done, folder = profiled
    assert done.returncode == 0, done.stderr
    assert {FILE, TRACE, ALLOCATIONS, FILE_NAME, "run.json", "records.jsonl"} <= {path.name for path in folder.iterdir()}
    assert not (folder / TIMELINE).exists()
    assert "NVML" in read(folder).missing["timeline"]
    events = json.loads(gzip.decompress((folder / TRACE).read_bytes()))["traceEvents"]
    assert any(event["name"] == "gradgauge::gradient" for event in events)
    assert read_steps(folder)


def test_it_says_what_takes_the_time_and_where_the_page_is(profiled):
    done, folder = profiled
    assert re.search(r"forward-gradient\[k=2\] on sphere: [0-9.]+\u00a0% of a profiled gradient is \w+", done.stdout)
    assert "Without a profiler a gradient takes" in done.stdout
    assert f"the page is {folder / FILE_NAME}" in done.stdout


def test_profiled_times_enter_no_record(profiled):
    _, folder = profiled
    found = read(folder)
    assert sum(share.operators_ns + share.between_ns for share in found.phases) == pytest.approx(found.wall_ns, rel=1e-9)
    records, damage = RunFolder.open(folder).records()
    assert damage == []
    assert [record.cell.kind for record in records] == ["memory", "cost"]
    assert {record.outcome.value for record in records} == {"ok"}
    assert "ceilings" in RunFolder.open(folder).header()


def test_report_writes_the_page_again_byte_by_byte(profiled):
    _, folder = profiled
    first = (folder / FILE_NAME).read_bytes()
    assert gg.report(folder) == folder / FILE_NAME
    assert (folder / FILE_NAME).read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-e", "forward-gradiant", "-p", "mlp"), ("forward-gradiant", "forward-gradient")),
        (("-e", "backprop", "-p", "mpl"), ("mpl", "mlp")),
        (("-e", "backprop", "-p", "mlp", "--device", "tpu"), ("tpu", "name:PART")),
        (("-e", "backprop", "-p", "mlp", "--device", "name:H9000"), ("H9000",)),
        (("-e", "backprop", "-p", "mlp", "-o", "."), (". is not empty", "name a new folder")),
        (("-e", "backprop", "-p", "mlp", "-o", "file"), ("file is no folder",)),
        (("-e", "backprop"), ("-p",)),
    ],
)
def test_bad_input_is_refused_before_anything_is_measured(tmp_path, arguments, words):
    (tmp_path / "file").write_text("")
    done = profile(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert [word for word in words if word not in done.stderr] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_what_the_problem_lacks_is_said_and_nothing_is_profiled(tmp_path):
    with pytest.raises(RuntimeError, match=r"skipped: needs module"):
        gg.profile("feedback-alignment", "beale", out=tmp_path / "new")
    assert not (tmp_path / "new" / FILE).exists()


def test_an_object_is_refused_since_another_process_profiles(tmp_path):
    with pytest.raises(UsageError, match="estimator must be a spec"):
        made(object(), "beale", lambda status: None)


def test_help_has_an_example(tmp_path):
    done = profile(tmp_path, "--help")
    assert done.returncode == 0
    assert "gradgauge profile -e 'forward-gradient[k=16]' -p mlp" in done.stdout
