"""The probe: every read-out by itself, a value or none with the reason, of the GPU that the UUID names. No GPU is needed here."""

import ast
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pynvml
import pytest

from benchmarks.harness.gpu_state import GpuWatch, meanwhile
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Clocks, DeviceMemory, Gpu, GpuProcess, Reading, difference, differences
from tests.benchmarks.harness.fake_nvml import GIB, FakeGpu, FakeNvml

CHECKOUT = Path(__file__).resolve().parents[3]
H200 = FakeGpu()
UUID = H200.uuid
GPU = Gpu(0, H200.name, UUID, H200.total, "580.1")
L4 = FakeGpu("GPU-bbbb2222-0000-0000-0000-000000000000", "NVIDIA L4", total=24 * GIB, joules=lambda seconds: 10.0 * seconds)


def test_gpus_are_listed_in_the_drivers_order_and_nvml_is_closed_again() -> None:
    fake = FakeNvml(L4, H200)
    with GpuProbe(fake) as probe:
        assert fake.opened == 1
        assert probe.devices() == (
            Gpu(0, "NVIDIA L4", L4.uuid, 24 * GIB, "580.1"),
            Gpu(1, "NVIDIA H200", UUID, 140 * GIB, "580.1"),
        )
    assert fake.opened == 0


def test_a_driver_that_counts_no_gpus_or_does_not_name_one_has_none() -> None:
    for missing in ("nvmlDeviceGetCount", "nvmlDeviceGetUUID"):
        with GpuProbe(FakeNvml(H200, missing={missing})) as probe:
            assert probe.devices() == ()


def test_readings_are_of_the_gpu_that_is_named_whatever_its_place() -> None:
    """CUDA may count the H200 first where NVML counts it second; a UUID means one board in both."""
    fake = FakeNvml(L4, H200)
    fake.now = 1.0
    with GpuProbe(fake) as probe:
        assert probe.energy_millijoules(UUID).value == 100_000
        assert probe.energy_millijoules(L4.uuid).value == 10_000
        assert probe.of_cuda(UUID.removeprefix("GPU-")).value == UUID
        assert probe.of_cuda(UUID).value == UUID
        unknown = probe.of_cuda("cccc")
    assert unknown.value is None
    assert "GPU-cccc: nvmlDeviceGetUUID: NVMLError_NotFound" in unknown.reason
    assert "MIG-cccc" in unknown.reason


def test_every_read_out_answers_where_the_driver_has_everything() -> None:
    with GpuProbe(FakeNvml(H200)) as probe:
        found = {name: read(UUID) for name, read in {**probe.readouts(), **probe.traits()}.items()}
    missing = {name for name, reading in found.items() if reading.value is None}
    assert missing == {"module power", "memory power"}  # a board of its own has no module
    assert found["instant power"] == Reading(100_000, "mW", method="field 186, scope gpu")
    assert found["memory"].value == DeviceMemory(140 * GIB, 0, 140 * GIB - GIB // 2, GIB // 2)
    assert found["clocks"].value == found["highest clocks"].value == Clocks(1980, 3201)
    assert found["CUDA of the driver"].value == "13.0"
    assert found["PCI"].value == "00000000:11:00.0"
    assert (found["MIG"].value, found["persistence"].value, found["virtualisation"].value) == (False, True, "passthrough")
    assert all((reading.reason == "") == (reading.value is not None) == (reading.method != "") for reading in found.values())


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("nvmlDeviceGetTotalEnergyConsumption", {"energy"}),
        ("nvmlDeviceGetFieldValues", {"instant power", "memory temperature"}),
        ("nvmlDeviceGetMemoryInfo", {"memory"}),
        ("nvmlDeviceGetComputeRunningProcesses", set()),
        ("nvmlDeviceGetUtilizationRates", {"utilisation"}),
        ("nvmlDeviceGetClockInfo", {"clocks"}),
        ("nvmlDeviceGetTemperatureV", set()),
        ("nvmlDeviceGetCurrentClocksEventReasons", set()),
        ("nvmlDeviceGetMPSComputeRunningProcesses", set()),
        ("nvmlDeviceGetMigMode", {"MIG"}),
        ("nvmlSystemGetNVMLVersion", {"NVML"}),
    ],
)
def test_each_read_out_fails_alone_and_names_the_class_of_the_error(name: str, lost: set[str]) -> None:
    with GpuProbe(FakeNvml(H200, missing={name})) as probe:
        found = {trait: read(UUID) for trait, read in {**probe.readouts(), **probe.traits()}.items()}
    missing = {trait for trait, reading in found.items() if reading.value is None} - {"module power", "memory power"}
    assert missing == lost
    assert all(f"{name}" in found[trait].reason or "field" in found[trait].reason for trait in lost)
    assert all("NVMLError_FunctionNotFound" in found[trait].reason for trait in lost)


def test_what_an_older_driver_has_stands_in_and_is_named() -> None:
    old = {
        "version 2 of nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetTemperatureV",
        "nvmlDeviceGetFieldValues",
        "nvmlDeviceGetCurrentClocksEventReasons",
        "nvmlDeviceGetComputeRunningProcesses",
    }
    gpu = FakeGpu(throttled=lambda seconds: {"power cap": 5}, processes=lambda seconds: [(7, None)])
    with GpuProbe(FakeNvml(gpu, missing=old)) as probe:
        memory, average = probe.memory(UUID), probe.power_milliwatts(UUID, kind="average")
        assert memory == Reading(
            DeviceMemory(140 * GIB, GIB // 2, 140 * GIB - GIB // 2, None), "bytes", method="nvmlDeviceGetMemoryInfo"
        )
        assert probe.temperature_celsius(UUID).method == "nvmlDeviceGetTemperature"
        assert average == Reading(100_000, "mW", method="nvmlDeviceGetPowerUsage")
        assert probe.power_milliwatts(UUID).value is None  # an average is not what is drawn now
        assert probe.throttle_counters(UUID).method == "nvmlDeviceGetViolationStatus"
        assert probe.processes(UUID) == Reading((GpuProcess(7, None),), "bytes", method="nvmlDeviceGetComputeRunningProcesses_v2")
        assert probe.throttle_flags(UUID) == Reading(("power cap",), "", method="nvmlDeviceGetCurrentClocksThrottleReasons")


@pytest.mark.parametrize("error", ["NotSupported", "NoPermission", "GpuIsLost", "Unknown", "ResetRequired"])
def test_whatever_a_call_fails_with_nothing_is_raised_and_every_gap_has_its_reason(error: str) -> None:
    """Each call of the driver in turn, then all of them: a card that falls off the bus answers nothing any more."""
    calls = {name for name in vars(FakeNvml) if name.startswith("nvmlDevice") and "Handle" not in name}
    for missing in [*({name} for name in sorted(calls)), calls]:
        fake = FakeNvml(H200, missing=missing, error=getattr(pynvml, f"NVMLError_{error}"))
        with GpuProbe(fake) as probe:
            found = [read(UUID) for read in {**probe.readouts(), **probe.traits()}.values()]
            found.append(probe.process_memory(UUID, 8))
            state = GpuWatch(probe, GPU).now()
            facts, kept = meanwhile(state, state), GpuWatch(probe, GPU).provenance()
        assert all((reading.value is None) == bool(reading.reason) for reading in found)
        assert all([*facts["missing"].values(), *kept["missing"].values()])
    assert all(f"NVMLError_{error}" in reason for reason in facts["missing"].values())
    assert {"persistence", "power_limit", "memory", "highest_clocks"} <= kept["missing"].keys()


def test_throttle_counters_that_answer_are_kept_where_others_do_not() -> None:
    with GpuProbe(FakeNvml(FakeGpu(throttled=lambda seconds: {"power cap": 7}), missing={269, 270, 271})) as probe:
        assert probe.throttle_counters(UUID).value == {"power cap": 7, "sync boost": 0}


def test_a_scope_that_does_not_answer_is_missing_though_the_call_succeeds() -> None:
    with GpuProbe(FakeNvml(H200)) as probe:
        module = probe.power_milliwatts(UUID, scope="module")
    assert module.value is None
    assert module.reason == "field 186, scope module: NVMLError_NotSupported: Not Supported"


def process(pid: int, size: int | None) -> FakeGpu:
    return FakeGpu(processes=lambda seconds: [(pid, size)])


@pytest.mark.parametrize(
    ("gpu", "value", "words"),
    [
        (FakeGpu(processes=lambda _: [(7, GIB), (8, 2 * GIB)]), 2 * GIB, "nvmlDeviceGetComputeRunningProcesses"),
        (process(7000, GIB), GIB, "assumed exclusive"),
        (FakeGpu(processes=lambda _: [(7000, GIB)], base=GIB), None, "does not agree"),
        (FakeGpu(processes=lambda _: [(7000, GIB), (7001, GIB)]), None, "not among the 2"),
        (FakeGpu(), None, "not among the 0"),
        (process(8, None), None, "with no size"),
        (process(8, 0), None, "with 0 bytes"),
    ],
    ids=["by-number", "outer-number", "not-exclusive", "two-strangers", "nobody", "no-size", "zero"],
)
def test_the_memory_of_a_process_is_its_own_or_none(gpu: FakeGpu, value: int | None, words: str) -> None:
    with GpuProbe(FakeNvml(gpu)) as probe:
        found = probe.process_memory(UUID, 8)
    assert found.value == value
    assert words in found.method + found.reason


def test_the_first_version_of_the_memory_call_does_not_vouch_for_a_strangers_number() -> None:
    """Without the second version, what the driver keeps counts as used, and nothing can agree to a few megabytes."""
    with GpuProbe(FakeNvml(process(7000, GIB), missing={"version 2 of nvmlDeviceGetMemoryInfo"})) as probe:
        assert probe.process_memory(UUID, 8).value is None


@pytest.mark.parametrize("entry", [(1 << 33, 5), (0, GIB), (8, 141 * GIB)], ids=["number", "no-number", "size"])
def test_a_list_of_processes_that_cannot_be_true_is_missing(entry: tuple[int, int]) -> None:
    gpu = FakeGpu()
    fake = FakeNvml(gpu)
    fake._processes = lambda handle: [SimpleNamespace(pid=entry[0], usedGpuMemory=entry[1])]  # type: ignore[method-assign]
    with GpuProbe(fake) as probe:
        found = probe.processes(UUID)
    assert found.value is None
    assert "UnfitError" in found.reason
    assert "nvidia-ml-py does not fit the driver" in found.reason


def test_memory_that_cannot_be_true_is_missing() -> None:
    with GpuProbe(FakeNvml(FakeGpu(base=150 * GIB))) as probe:
        assert "cannot be in use" in probe.memory(UUID).reason


def test_processes_are_read_at_the_time_they_are_asked_for() -> None:
    gpu = FakeGpu(processes=lambda seconds: [(7, GIB)] if seconds > 1 else [])
    fake = FakeNvml(gpu)
    with GpuProbe(fake) as probe:
        assert probe.processes(UUID).value == ()
        fake.sleep(2)
        assert probe.processes(UUID).value == (GpuProcess(7, GIB),)


def test_an_unknown_gpu_has_no_readings() -> None:
    with GpuProbe(FakeNvml(H200)) as probe:
        found = probe.energy_millijoules("GPU-none")
    assert (found.value, found.unit) == (None, "mJ")
    assert "NVMLError_NotFound" in found.reason


def test_without_a_driver_everything_is_missing_for_that_reason() -> None:
    with GpuProbe(FakeNvml(H200, loaded=False)) as probe:
        assert probe.absent == "NVML did not open: NVMLError_DriverNotLoaded: Driver Not Loaded"
        assert probe.devices() == ()
        found = [read(UUID) for read in {**probe.readouts(), **probe.traits()}.values()]
    assert {reading.reason for reading in found} == {probe.absent}
    assert {reading.value for reading in found} == {None}


def test_here_the_real_binding_opens_or_says_why_not() -> None:
    with GpuProbe() as probe:
        assert probe.absent == "" or probe.absent.startswith("NVML did not open: NVMLError_")
        assert not (probe.absent and probe.devices())


@pytest.mark.parametrize(
    ("module", "words"),
    [(ModuleType("pynvml"), "the module pynvml comes from nvidia-ml-py: uninstall that"), (None, "install nvidia-ml-py")],
    ids=["another-distribution", "none"],
)
def test_a_binding_that_is_not_the_right_one_is_named(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | None, words: str
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", module)
    with GpuProbe() as probe:
        assert words in probe.absent
        assert probe.energy_millijoules(UUID).reason == probe.absent


def test_only_the_probe_imports_the_binding_and_nobody_calls_a_setter() -> None:
    """Setters are looked for as attributes, and as the strings by which calls are looked up."""
    importing, setting = set(), set()
    for package in ("benchmarks", "estimators", "reports", "gradgauge"):
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if "pynvml" in _imported(node):
                    importing.add(path.relative_to(CHECKOUT).as_posix())
                if word := _setter(node):
                    setting.add(f"{path}: {word}")
    assert importing == {"benchmarks/harness/probe.py"}
    assert setting == set()


def _imported(node: ast.AST) -> list[str]:
    """Top-level modules that a statement imports, by `import_module` too."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0]]
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
        return [str(one.value) for one in node.args if isinstance(one, ast.Constant)]
    return []


def _setter(node: ast.AST) -> str:
    word: Any = node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else ""
    changing = ("nvmlDeviceSet", "nvmlDeviceReset", "nvmlDeviceClear", "nvmlSystemSet", "nvmlDeviceCreate", "nvmlGpuInstance")
    return word if isinstance(word, str) and word.startswith(changing) else ""


def test_a_difference_of_a_counter_that_went_back_is_missing_and_never_negative() -> None:
    low, high = Reading(5, "mJ", method="call"), Reading(7, "mJ", method="call")
    assert difference(low, high) == Reading(2, "mJ", method="call")
    assert difference(high, low) == Reading(None, "mJ", "the counter went back from 7 to 5 mJ")
    assert difference(Reading(None, "mJ", "why"), high) == Reading(None, "mJ", "why")


def test_differences_keep_what_both_readings_hold_by_one_call() -> None:
    before = Reading({"power cap": 5, "power brake": 9}, "ns", method="fields")
    after = Reading({"power cap": 8, "power brake": 1, "sync boost": 4}, "ns", method="fields")
    assert differences(before, after).value == {"power cap": 3}
    assert differences(before, Reading({"power cap": 8}, "ns", method="older")).value is None
    assert "went back" in differences(after, Reading({"power cap": 0}, "ns", method="fields")).reason
