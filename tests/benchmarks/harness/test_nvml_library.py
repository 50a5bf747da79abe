"""The probe through the real binding on a library that is no driver's: layouts, errors and missing symbols are the binding's."""

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pynvml
import pytest

from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import DeviceMemory, GpuProcess
from tests.benchmarks.harness.stub_nvml import built

L4, H200 = "GPU-0b0b0b0b-0000-0000-0000-000000000002", "GPU-0a0a0a0a-0000-0000-0000-000000000001"
MIB, GIB = 1 << 20, 1 << 30


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return ctypes.CDLL(str(built(tmp_path_factory.mktemp("stub"))))


@pytest.fixture
def probe(library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Iterator[GpuProbe]:
    monkeypatch.setattr(pynvml, "nvmlLib", library)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    with GpuProbe() as probe:
        assert probe.absent == ""
        yield probe


def test_gpus_are_named_as_the_library_names_them(probe: GpuProbe) -> None:
    found = [(gpu.index, gpu.name, gpu.uuid, gpu.memory_bytes, gpu.driver) for gpu in probe.devices()]
    assert found == [(0, "Stub L4", L4, 24 * GIB, "580.0-stub"), (1, "Stub H200", H200, 140 * GIB, "580.0-stub")]
    assert probe.of_cuda(H200.removeprefix("GPU-")).value == H200


def test_the_second_version_of_the_memory_call_is_asked_for_with_its_own_layout(probe: GpuProbe) -> None:
    memory = probe.memory(H200)
    assert memory.value == DeviceMemory(140 * GIB, MIB, 140 * GIB - 3 * MIB, 2 * MIB)
    assert memory.method == "nvmlDeviceGetMemoryInfo, version 2"


def test_the_counter_of_energy_steps_and_one_board_has_none(probe: GpuProbe) -> None:
    values = [probe.energy_millijoules(H200).value for _ in range(9)]
    steps = {after - before for before, after in pairwise(values) if before is not None and after is not None}
    assert steps == {0, 1000}
    assert probe.energy_millijoules(L4).reason == "nvmlDeviceGetTotalEnergyConsumption: NVMLError_NotSupported: Not Supported"


def test_processes_come_by_number_and_size_and_an_empty_list_is_no_error(probe: GpuProbe) -> None:
    assert probe.processes(L4).value == (GpuProcess(4194000, MIB),)
    assert probe.processes(H200).value == ()
    assert probe.process_memory(L4, 1).method.endswith("assumed exclusive")


def test_a_symbol_that_the_library_lacks_is_missing_by_name_and_nothing_else_is(probe: GpuProbe) -> None:
    clocks = probe.clocks(H200)
    assert clocks.value is None
    assert clocks.reason == "nvmlDeviceGetClockInfo: NVMLError_FunctionNotFound: Function Not Found"
    flags = probe.throttle_flags(H200)
    assert flags.reason.count("NVMLError_FunctionNotFound") == 2  # by its new name and by its old one
    assert probe.memory(H200).value is not None


def test_a_bad_index_is_an_invalid_argument(probe: GpuProbe) -> None:
    with pytest.raises(pynvml.NVMLError_InvalidArgument):
        pynvml.nvmlDeviceGetHandleByIndex(2)
    assert "NVMLError_NotFound" in probe.energy_millijoules("GPU-none").reason


def test_the_stub_holds_no_setter(library: ctypes.CDLL) -> None:
    source = Path(__file__).with_name("stub_nvml.c").read_text()
    assert "nvmlDeviceSet" not in source
    assert not hasattr(library, "nvmlDeviceSetPersistenceMode")
