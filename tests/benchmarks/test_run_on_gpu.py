"""A run on a real GPU: its workers see that GPU alone, and every record says what it did meanwhile."""

import pytest

from benchmarks.harness.probe import GpuProbe
from benchmarks.records import Outcome, RunFolder
from benchmarks.request import Request
from benchmarks.runner import run

pytestmark = pytest.mark.gpu


def test_a_run_on_a_named_gpu_measures_and_keeps_what_the_driver_says(tmp_path):
    with GpuProbe() as probe:
        if probe.absent or not (found := probe.devices()):
            pytest.skip(probe.absent or "the driver reports no GPU")
    asked = Request("custom", ("spsa",), ("logistic-regression[data=synthetic]",), ("cost", "memory"), device=found[0].uuid)
    result = run(Request(**{**vars(asked), "budget": 1.0, "out": tmp_path / "run"}))
    folder = RunFolder.open(result.folder)
    records, _ = folder.records()
    provenance = folder.header()["provenance"]
    assert {record.outcome for record in records} == {Outcome.OK}
    assert {record.cell.device for record in records} == {found[0].uuid}
    assert all(record.facts["gpu"]["seconds"] > 0 for record in records)
    assert [gpu["uuid"] for gpu in provenance["gpu"]] == [found[0].uuid]
    assert provenance["nvml"]["uuid"] == found[0].uuid
