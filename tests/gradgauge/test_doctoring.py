"""`gradgauge doctor` and `gradgauge.doctor`: once for real with the smallest effort, and what it prints and exits with."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import gradgauge
from benchmarks.doctor import examination, store
from benchmarks.doctor.book import Depth
from benchmarks.doctor.diagnosis import Diagnosis, with_floor_kept
from benchmarks.doctor.finding import Finding, Level
from benchmarks.doctor.gpu import Examined
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.harness.probe import GpuProbe
from benchmarks.request import UsageError
from gradgauge import doctoring
from gradgauge.cli import app
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

SMALLEST = Depth(look=0.05, threads=0.0, pairs=2, cells=1, budget=0.01)
PLACE = Place("bench", "a processor", "cpu", 1, "2.13.0 abc")
FLOOR = NoiseFloor(PLACE, "2026-11-21T10:00:00+00:00", 0.014, 0.014, 20, 6, 4)
CHECKS = ["other load", "clock rate", "governor", "host", "timer", "GPU", "overhead", "rounds", "threads", "forward mode"]
TIMED = ["load meanwhile", "equal code"]


def run(*arguments: str, columns: int = 80) -> Result:
    return CliRunner().invoke(app, ["doctor", *arguments], env={"COLUMNS": str(columns)})


def diagnosis(level: Level = Level.FINE, **changed: Any) -> Diagnosis:
    said = "a long sentence about what was seen, " * 5
    grid = [
        {"layer": "Linear", "jvp": "ok", "dual": "ok", "vmap": "ok", "gradgauge": "ok", "errors": {}},
        {
            "layer": "TransformerEncoderLayer, train",
            **dict.fromkeys(("jvp", "dual", "vmap"), "unsupported"),
            "gradgauge": "ok",
            "errors": dict.fromkeys(("jvp", "dual", "vmap"), "NotImplementedError: no forward AD"),
        },
    ]
    findings = (
        Finding("other load", level, said, "Wait.", {"busy": float("nan")}),
        Finding("forward mode", Level.FINE, said, "Nothing.", {"rows": grid}),
    )
    return replace(Diagnosis(PLACE, findings, FLOOR, Path("/state/floor.json"), 12.3), **changed)


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    """The whole command with the smallest effort, in a state folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctoring, "QUICK", SMALLEST)
        done = run("--quick", "--json")
    assert done.exit_code in (0, 1), done.output
    return {"code": done.exit_code, "stderr": done.stderr, **json.loads(done.stdout)}


def test_every_check_is_made_and_ends_with_what_to_do(real: dict[str, Any]) -> None:
    assert [finding["check"] for finding in real["findings"]][: len(CHECKS) + len(TIMED)] == [*CHECKS, *TIMED]
    assert all(finding["said"] and finding["advice"] and finding["level"] in set(Level) for finding in real["findings"])


def test_the_exit_code_is_that_of_the_findings(real: dict[str, Any]) -> None:
    bad = any(finding["level"] == "bad" for finding in real["findings"])
    assert (real["code"], real["exit_code"], real["fit"]) == (int(bad), int(bad), not bad)


def test_equal_code_is_measured_in_fresh_processes_and_kept_only_by_a_fit_machine(real: dict[str, Any]) -> None:
    floor = NoiseFloor.from_json(real["noise_floor"])
    assert (floor.pairs, floor.cells, floor.degrees) == (2, 1, 1)
    assert floor.place.torch.startswith("2.")
    kept = store.kept(floor.place, store.home())
    assert (kept == floor and Path(real["kept"]).is_file()) if real["fit"] else kept is None and real["kept"] is None


def test_progress_is_told_on_standard_error(real: dict[str, Any]) -> None:
    lines = real["stderr"].splitlines()
    assert lines[0].startswith("[ 1/7] other load")
    assert lines[-1] == "[ 7/7] equal code, pair 2 of 2"


@pytest.mark.parametrize(("level", "code"), [(Level.FINE, 0), (Level.CAUTION, 0), (Level.BAD, 1)])
def test_text_fits_into_80_columns_and_the_code_says_whether_the_machine_is_fit(
    monkeypatch: pytest.MonkeyPatch, level: Level, code: int
) -> None:
    monkeypatch.setattr(doctoring, "examine", lambda *args, **options: diagnosis(level))
    done = run()
    assert done.exit_code == code
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "TransformerEncoderLayer, train  no   no    no    ok" in done.stdout
    assert "NotImplementedError: no forward AD" in done.stdout
    assert ("Not fit to measure as it is: other load." in done.stdout) is (level is Level.BAD)


def test_every_read_out_of_a_gpu_is_a_row_with_its_answer_or_the_class_of_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with GpuProbe(FakeNvml(FakeGpu(processes=lambda seconds: [(1, 1 << 30)]), missing={"nvmlDeviceGetEccMode"})) as probe:
        found = tuple(Examined(probe, probe.devices()[0]).look_on(0.01))
    monkeypatch.setattr(doctoring, "examine", lambda *args, **options: diagnosis(findings=found))
    done = run("--device", "cuda")
    assert done.exit_code == 1  # somebody else computes there
    assert max(map(len, done.stdout.splitlines())) <= 80
    rows = {line[:20].rstrip(): line[29:] for line in done.stdout.splitlines()}
    assert rows["processes"].strip() == "pid 1, memory 1.00 GiB"
    assert rows["instant power"].strip() == "100,000 mW"
    assert rows["persistence"].strip() == "yes"
    assert rows["ECC"].strip() == "no (NVMLError_FunctionNotFound)"


def test_json_is_strict_whatever_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctoring, "examine", lambda *args, **options: diagnosis(place=None, floor=None, kept=None))
    values = json.loads(run("--json").stdout, parse_constant=lambda name: pytest.fail(name))
    assert (values["place"], values["noise_floor"], values["kept"]) == (None, None, None)
    assert values["findings"][0]["facts"] == {"busy": None}


def test_an_interruption_is_130_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **options: Any) -> Diagnosis:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctoring, "examine", interrupted)
    done = run()
    assert done.exit_code == 130
    assert "interrupted" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "0"], "at least 1"),
        (["--threads", "two"], "at least 1"),
        (["--device", "cuda:99"], "names no GPU"),
        (["--device", "tpu"], "unknown device 'tpu'"),
        (["everything"], "unexpected extra argument"),
    ],
)
def test_what_cannot_be_is_a_usage_error(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_from_python_it_is_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "examine", lambda *args, **options: diagnosis(Level.CAUTION))
    frame = gradgauge.doctor(quick=True)
    assert list(frame.columns) == ["check", "level", "said", "advice", "facts"]
    assert list(frame.level) == ["caution", "fine"]
    assert frame.attrs["fit"]
    assert frame.attrs["noise_floor"]["pairs"] == 6


def test_the_number_of_threads_is_checked_from_python_too() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        gradgauge.doctor(threads=0)


def test_where_nothing_can_be_kept_that_is_a_caution_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder, said in ((tmp_path / "file" / "folder", "could not be kept"), (None, "home directory")):
        kept = with_floor_kept(diagnosis(kept=None), folder)
        assert kept.kept is None
        assert kept.fit
        assert said in kept.findings[-1].said
        assert "XDG_STATE_HOME" in kept.findings[-1].advice


def test_only_what_is_better_is_kept_and_only_from_a_fit_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recent = replace(FLOOR, taken=datetime.now(UTC).isoformat())
    quick = replace(recent, pairs=3, degrees=4)
    assert with_floor_kept(diagnosis(Level.BAD, floor=recent, kept=None), tmp_path).kept is None
    assert with_floor_kept(diagnosis(floor=recent, kept=None), tmp_path).kept is not None
    second = with_floor_kept(diagnosis(floor=quick, kept=None), tmp_path)
    assert second.kept is None
    assert store.kept(PLACE, tmp_path) == recent
    monkeypatch.setattr(doctoring, "examine", lambda *args, **options: second)
    assert "Kept stays an earlier noise floor" in run().stdout
