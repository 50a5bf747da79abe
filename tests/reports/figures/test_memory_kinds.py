"""The kinds of memory of a GPU: each by itself, on one scale, and missing with the reason."""

from dataclasses import replace

import pytest

from benchmarks.records import Cell
from reports import frames, style
from reports.figures import memory_kinds

MIB = 2**20
GPU = {
    **{"peak_bytes": 4 * MIB, "base_peak_bytes": MIB},
    **{"allocated_peak_bytes": 5 * MIB, "reserved_peak_bytes": 20 * MIB, "base_reserved_peak_bytes": 2 * MIB},
    **{"nvml_process_bytes": 22 * MIB, "nvml_device_bytes": 24 * MIB},
}


@pytest.fixture
def selected(make_run, record_of):
    """From estimator -> metrics, on one problem."""

    def select(found, **more):
        records = [record_of(Cell(spec, "mlp", "memory"), **metrics) for spec, metrics in found.items()]
        return memory_kinds.select(frames.read([make_run(records, **more)]))

    return select


def test_each_kind_has_a_panel_of_its_own_on_one_scale(selected) -> None:
    selection = selected({"backprop": GPU})
    assert [panel.title.partition(": ")[2] for panel in selection.pictures] == list(memory_kinds.KINDS.values())
    assert [panel.rows[0]["value"] / MIB for panel in selection.pictures] == [4, 5, 20, 22, 24]
    with style.themed():
        limits = set()
        for panel in selection.pictures:
            _, axes = style.axes_of(memory_kinds.height(panel), memory_kinds.LEFT, memory_kinds.TOP)
            memory_kinds.draw(axes, panel)
            limits.add(axes.get_xlim())
    assert len(limits) == 1


def test_the_finding_holds_each_kind_against_the_exact_peak(selected) -> None:
    double = {name: 2 * value for name, value in GPU.items()} | {"reserved_peak_bytes": 20 * MIB}
    finding = memory_kinds.finding(selected({"backprop": GPU, "spsa": double}))
    assert finding == (
        "On mlp, over the exact peak of tensor bytes: allocated by CUDA 1.25 times, reserved by CUDA 2.50 to 5.00 times, of the "
        "process, by NVML 5.50 times and of the device, by NVML 6.00 times."
    )


def test_a_kind_that_did_not_answer_is_missing_with_its_reason_and_no_zero(make_run, record_of) -> None:
    lost = {name: value for name, value in GPU.items() if name != "nvml_process_bytes"}
    record = record_of(Cell("backprop", "mlp", "memory"), **lost, nvml_process_bytes=None)
    record = replace(record, facts={**record.facts, "missing": {"nvml_process_bytes": "the list of processes is empty"}})
    selection = memory_kinds.select(frames.read([make_run([record])]))
    assert [panel.facts["metric"] for panel in selection.pictures] == [
        name for name in memory_kinds.KINDS if "process" not in name
    ]
    assert selection.left_out == ("memory of the process, by NVML (the list of processes is empty)",)
    assert memory_kinds.describe(selection).endswith(
        "Not shown: memory of the process, by NVML (the list of processes is empty)."
    )


def test_the_table_has_every_kind_and_its_multiple_of_the_base(selected) -> None:
    table = memory_kinds.table(selected({"backprop": GPU}))
    assert table.columns[1:7] == (
        "tensor bytes",
        "over the base",
        "allocated by CUDA",
        "over the base",
        "reserved by CUDA",
        "over the base",
    )
    assert table.groups[0][1][0][1:7] == ("4.00 MiB", "4.00", "5.00 MiB", "–", "20.0 MiB", "10.0")


def test_on_a_processor_there_is_nothing_to_tell_apart(selected) -> None:
    assert not selected({"backprop": {"peak_bytes": 4 * MIB, "process_peak_bytes": 5 * MIB}}).panels


def test_a_wrong_estimator_and_a_peak_of_zero_are_no_finding(make_run, record_of) -> None:
    records = [record_of(Cell("backprop", "mlp", "memory"), "wrong", "no", **GPU)]
    assert memory_kinds.finding(memory_kinds.select(frames.read([make_run(records)]))) == "Nothing was measured."
    zero = [record_of(Cell("backprop", "mlp", "memory"), peak_bytes=0, reserved_peak_bytes=MIB)]
    assert memory_kinds.finding(memory_kinds.select(frames.read([make_run(zero, name="zero")]))) == (
        "On mlp, memory was counted as tensor bytes and reserved by CUDA, and no exact peak above zero is there to hold it "
        "against."
    )
