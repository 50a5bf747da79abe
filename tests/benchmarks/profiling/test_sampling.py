"""NVML is sampled in a process of its own, column by column; what does not answer is empty, with the reason."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.harness.probe import GpuProbe
from benchmarks.profiling.sampling import COLUMNS, line, sample
from benchmarks.profiling.session import SAMPLER, _timeline
from benchmarks.records.profile import read_table
from tests.benchmarks.harness.fake_nvml import GIB, FakeGpu, FakeNvml

GPU = FakeGpu(watts=lambda seconds: 321.5, celsius=lambda seconds: 55, processes=lambda seconds: ((42, 3 * GIB),))


def test_every_column_is_read_in_integers():
    with GpuProbe(FakeNvml(GPU)) as probe:
        values, reasons = sample(probe, GPU.uuid, 42)
    assert values["power_mw"] == 321500
    assert (values["sm_mhz"], values["temperature_c"]) == (1980, 55)
    assert (values["used_bytes"], values["process_bytes"]) == (3 * GIB, 3 * GIB)
    assert reasons == {}
    assert {"ns", *values} == set(COLUMNS)


def test_what_does_not_answer_is_empty_with_the_reason_and_costs_nothing_else():
    with GpuProbe(FakeNvml(GPU, missing=("nvmlDeviceGetFieldValues", "nvmlDeviceGetUtilizationRates"))) as probe:
        values, reasons = sample(probe, GPU.uuid, 43)
    assert values["power_mw"] is values["kernels_percent"] is None
    assert values["sm_mhz"] == 1980
    assert "FunctionNotFound" in reasons["kernels_percent"] or "Function Not Found" in reasons["kernels_percent"]
    assert line(7, values).split(",")[1] == ""
    assert len(line(7, values).split(",")) == len(COLUMNS)


def test_the_process_reads_until_its_input_ends_and_says_what_it_could_not_read(tmp_path):
    path = tmp_path / "timeline.csv"
    command = [sys.executable, "-P", str(SAMPLER), "GPU-none", str(os.getpid()), str(path)]
    sampler = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not path.exists() or path.read_text().count("\n") < 3:
        assert sampler.poll() is None, sampler.stderr.read()
    said, complaint = sampler.communicate(timeout=30)
    assert (sampler.returncode, complaint) == (0, "")
    rows = read_table(path)
    assert set(rows[0]) == set(COLUMNS)
    for name in COLUMNS[1:]:
        assert any(row[name] for row in rows) or json.loads(said)[name]


def test_times_are_kept_from_the_first_reading_on_and_empty_columns_are_named(tmp_path):
    sampled, kept = tmp_path / "sampled.csv", tmp_path / "kept.csv"
    sampled.write_text("ns,power_mw,sm_mhz\n1000,5,\n1500,6,\n")
    missing, loaded = _timeline(sampled, kept, {"sm_mhz": "no clock"}, (1200, 1400))
    assert kept.read_text() == "ns,power_mw,sm_mhz\n0,5,\n500,6,\n"
    assert (missing, loaded) == ({"timeline: sm_mhz": "no clock"}, (200, 400))


def test_without_a_reading_there_is_no_file_but_the_reason(tmp_path):
    missing, loaded = _timeline(tmp_path / "none.csv", tmp_path / "kept.csv", {"timeline": "this is a CPU"}, None)
    assert (missing, loaded) == ({"timeline": "this is a CPU"}, None)
    assert not Path(tmp_path / "kept.csv").exists()
