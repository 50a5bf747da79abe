"""The examples in docs/ run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.comparison import LEAST_PROCESSES
from benchmarks.doctor.equal_code import UNFIT as UNFIT_LIMIT
from benchmarks.doctor.gpu import Examined
from benchmarks.doctor.probes import PROBES
from benchmarks.doctor.store import GOOD_FOR
from benchmarks.harness.gpu import TESTED
from benchmarks.harness.gpu_state import THROTTLED_SHARE, GpuWatch, meanwhile
from benchmarks.harness.probe import GpuProbe
from benchmarks.records import RunFolder
from benchmarks.verdicts import INTERRUPTED
from gradgauge.doctoring import FIT, UNFIT
from gradgauge.settling import SCREENING, SETTLING
from reports.compare import FINE, LOSS, NOTHING, THRESHOLD
from reports.compare.rows import Stage
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

CHECKOUT = Path(__file__).resolve().parents[1]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_the_tour_runs_cell_by_cell() -> None:
    done = python(str(CHECKOUT / "docs" / "example.py"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no warning either
    assert "cosine_expected" in done.stdout
    assert re.search(r"unbiased +failed", done.stdout)


def test_the_model_of_ones_own_is_a_problem() -> None:
    spec = f"{CHECKOUT / 'docs' / 'own_model.py'}:build[width=8]"
    code = f"import gradgauge as gg; print(*gg.measure('backprop', {spec!r}, measures=['memory']).outcome)"
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"ok"}


def test_the_page_on_the_doctor_names_options_checks_and_codes_that_there_are() -> None:
    page = (CHECKOUT / "docs" / "doctor.md").read_text(encoding="utf-8")
    known = "".join(python("-m", "gradgauge", command, "--help").stdout for command in ("doctor", "compare"))
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page))
    assert options
    assert not [option for option in options if option not in known]
    assert re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE) == [str(code) for code in (FIT, UNFIT, 2, INTERRUPTED)]
    checks = {name for row in re.findall(r"^\| ([a-z, ]+) \|", page, flags=re.MULTILINE) for name in row.split(", ")}
    asked_by_the_doctor = {*PROBES} - {"ceilings", "profile"}  # those are of runs
    assert asked_by_the_doctor | {"other load", "timer", "equal code"} <= checks
    assert f"beyond {100 * UNFIT_LIMIT:.0f} %" in page
    assert f"kept for {GOOD_FOR.days} days" in page


def test_the_page_on_gpus_names_checks_and_facts_that_there_are() -> None:
    from benchmarks.records import MARKS, METRICS

    page = (CHECKOUT / "docs" / "gpu.md").read_text(encoding="utf-8")
    known = "".join(python("-m", "gradgauge", command, "--help").stdout for command in ("run", "doctor"))
    assert not [option for option in re.findall(r"(?<= )--[a-z]+(?:-[a-z]+)*", page) if option not in known]
    with GpuProbe(FakeNvml(FakeGpu())) as probe:
        examined = Examined(probe, probe.devices()[0])
        checks = [finding.check for finding in (*examined.look_on(0.1), examined.mapped({}))]
        state = GpuWatch(probe, examined.gpu).now()
    assert re.findall(r"^\| ([A-Za-z -]+) \| .*\? \|$", page, flags=re.MULTILINE) == checks
    facts = {name for row in re.findall(r"^\| (`[^|]+`) \|", page, flags=re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert facts == meanwhile(state, state).keys()
    told = page[page.index("## Time, memory and energy there") : page.index("## The doctor on a GPU")]
    metrics = {name for name in re.findall(r"`([a-z_]+)`", told) if name not in ("init", "allocating")}
    assert metrics <= METRICS.keys()
    assert {"device_time", "launch_bound", "allocated_peak_bytes", "nvml_process_bytes"} <= metrics
    assert "allocating" in MARKS
    assert f"tested {TESTED}" in page.replace("\n", " ")
    assert THROTTLED_SHARE == 0.01  # a hundredth


def test_the_page_on_comparing_names_options_and_codes_that_there_are() -> None:
    page = (CHECKOUT / "docs" / "comparing.md").read_text(encoding="utf-8")
    known = "".join(python("-m", "gradgauge", command, "--help").stdout for command in ("run", "compare"))
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page))
    assert options
    assert not [option for option in options if option not in known]
    assert re.findall(r"^\| (\d) \|", page, flags=re.MULTILINE) == [str(code) for code in (FINE, LOSS, 2, NOTHING)]
    assert f"±{100 * THRESHOLD:.0f} %" in page
    assert f"--processes {LEAST_PROCESSES}" in page
    assert f"in {SCREENING} pairs of fresh processes" in page
    assert f"in {SETTLING} pairs of fresh processes" in page
    assert not [stage for stage in Stage if f"`{stage.value}`" not in page]


def test_the_page_on_problems_gives_the_names_and_sizes_that_there_are() -> None:
    from benchmarks.problems.problem import build_problem
    from benchmarks.problems.registry import ENTRIES, PARTS, PROBLEMS

    page = (CHECKOUT / "docs" / "problems.md").read_text(encoding="utf-8")
    models = {name for name, entry in ENTRIES.items() if "batch" in entry.parameters}
    rows = re.findall(r"^\| ((?:`[a-z0-9-]+`(?:, )?)+) \| .* \| ([0-9, ]+) \|$", page, re.MULTILINE)
    sizes = {
        name: int(size.replace(",", ""))
        for names, counts in rows
        for name, size in zip(re.findall("`(.+?)`", names), counts.split(", "), strict=True)
    }
    assert sizes == {name: build_problem(name).objective.coordinates() for name in models}
    assert {name for name in PARTS["data"] if f"`{name}`" not in page} == set()
    for spec in re.findall("-p '(.+?)'", page):
        PROBLEMS.resolve(spec)


def test_the_page_on_long_runs_names_options_that_there_are() -> None:
    page = (CHECKOUT / "docs" / "running_at_scale.md").read_text(encoding="utf-8")
    known = "".join(python("-m", "gradgauge", command, "--help").stdout for command in ("run", "report")) + "--array"
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page))
    assert {"--shard", "--resume"} <= options
    assert not [option for option in options if option not in known]


def test_the_script_for_job_arrays_measures_every_part_once_and_goes_on_with_one_that_was_begun(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "gradgauge"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradgauge "$@"\n')
    command.chmod(0o755)
    asked = ("custom", "-p", "beale", "-p", "sphere[n=4]", "--measure", "memory")

    def task(number: int) -> subprocess.CompletedProcess[str]:
        path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "PATH": path, "SLURM_ARRAY_TASK_ID": str(number)}
        script = ["bash", str(CHECKOUT / "docs" / "array.sh"), "2", "small", *asked]
        return subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    folders = [RunFolder(tmp_path / "results" / f"small-{number}") for number in (1, 2)]
    assert [task(number).returncode for number in (1, 2)] == [0, 0]
    cells = [record.cell.problem for folder in folders for record in folder.records()[0]]
    assert sorted(cells) == ["beale", "sphere[n=4]"]
    (folders[1].path / "records.jsonl").write_bytes(b"")  # as a task that was lost before its first record leaves it
    assert task(2).returncode == 0
    assert [record.cell.problem for record in folders[1].records()[0]] == cells[1:]


def test_the_page_on_executions_names_what_there_is() -> None:
    from benchmarks.records import EXECUTED, EXECUTIONS, METRICS
    from estimators.registry import ESTIMATORS

    page = (CHECKOUT / "docs" / "executions.md").read_text(encoding="utf-8")
    known = "".join(python("-m", "gradgauge", command, "--help").stdout for command in ("run", "check"))
    assert not [option for option in re.findall(r"--[a-z]+(?:-[a-z]+)*", page) if option not in known]
    assert all(f"`{execution}`" in page or execution == "eager" for execution in EXECUTIONS)
    assert EXECUTED == ("cost", "memory", "energy")
    assert {"ratio_to_eager", "prepare_time"} <= METRICS.keys()
    for name in ("forward-gradient", "multi-tangent", "chunked-forward-gradient", "spsa", "rdsa", "backprop"):
        assert f"`{name}`" in page
        ESTIMATORS.resolve(name)


def test_the_page_on_energy_names_what_there_is() -> None:
    from benchmarks.harness.windows import FEWEST_ROUNDS, MOST_ROUNDS, REST_S, SHORTEST_S, WARM_S, WINDOW_S
    from benchmarks.records import KINDS, MARKS, METRICS

    page = (CHECKOUT / "docs" / "energy.md").read_text(encoding="utf-8")
    known = python("-m", "gradgauge", "run", "--help").stdout
    assert not [option for option in re.findall(r"--[a-z]+(?:-[a-z]+)*", page) if option not in known]
    words = set(re.findall(r"`(energy_?[a-z_]*)`", page))
    assert words <= {*METRICS, *KINDS}
    assert {"energy", "energy_net", "energy_bound", "energy_over_power", "energy_busy"} <= words
    assert {"disputed", "imprecise"} <= MARKS.keys()
    assert (FEWEST_ROUNDS, MOST_ROUNDS, REST_S, SHORTEST_S, WARM_S, WINDOW_S) == (3, 10, 1.0, 1.0, 0.5, 5.0)


def test_the_page_on_profiling_names_options_files_phases_and_codes_that_there_are() -> None:
    from benchmarks.records import profile
    from benchmarks.verdicts import FAILED
    from benchmarks.verdicts import NOTHING as NOTHING_MEASURED
    from estimators.registry import ESTIMATORS
    from reports.profiling.page import FILE_NAME
    from reports.profiling.shown import LABELS

    page = (CHECKOUT / "docs" / "profiling.md").read_text(encoding="utf-8")
    known = "".join(python("-m", "gradgauge", command, "--help").stdout for command in ("profile", "run"))
    assert not [option for option in re.findall(r"--[a-z]+(?:-[a-z]+)*", page) if option not in known]
    codes = [str(code) for code in (0, 2, FAILED, NOTHING_MEASURED, INTERRUPTED)]
    assert re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE) == codes
    files = {FILE_NAME, profile.FILE, profile.TRACE, profile.ALLOCATIONS, profile.TIMELINE}
    assert not [name for name in files if f"`{name}`" not in page]
    told = dict(re.findall(r"^\| ([a-z ]+) \| ([^|]+) \|$", page, flags=re.MULTILINE))
    assert {LABELS[phase]: said for phase, said in profile.PHASES.items()}.items() <= told.items()
    for spec in re.findall(r"-e '?([a-z-]+(?:\[.*?\])?)'? -p", page):
        ESTIMATORS.resolve(spec)
