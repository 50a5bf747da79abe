"""The counters of energy: RAPL's files and a GPU's board, and the reasons for which neither is believed."""

from pathlib import Path

import pytest

from benchmarks.harness.counters import board, packages
from benchmarks.harness.probe import GpuProbe
from estimators.objective import MissingCapability
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

RANGE = 1_000_000


def package(folder: Path, number: int, value: int, name: str = "package", part: str = "") -> Path:
    """A domain as the kernel shows it."""
    domain = folder / f"intel-rapl:{number}{part}"
    domain.mkdir(parents=True)
    (domain / "name").write_text(f"{name}-{number}\n")
    (domain / "energy_uj").write_text(f"{value}\n")
    (domain / "max_energy_range_uj").write_text(f"{RANGE}\n")
    return domain


def test_the_processors_energy_is_the_sum_of_its_packages_without_their_parts(tmp_path: Path) -> None:
    package(tmp_path, 0, 1000)
    package(tmp_path, 0, 400, name="dram", part=":0")
    package(tmp_path, 1, 20)
    package(tmp_path, 2, 7, name="psys")
    assert packages(tmp_path).microjoules() == 1020


def test_a_package_that_begins_again_at_nothing_goes_on(tmp_path: Path) -> None:
    one, other = package(tmp_path, 0, 999_000), package(tmp_path, 1, 10)
    counter = packages(tmp_path)
    for value, expected in ((500, 1_000_510), (400, 2_000_410)):
        (one / "energy_uj").write_text(str(value))
        assert counter.microjoules() == expected
    (other / "energy_uj").write_text("11")
    assert counter.microjoules() == 2_000_411
    assert counter.watts() is None


def test_a_package_that_cannot_be_read_any_more_is_none(tmp_path: Path) -> None:
    domain = package(tmp_path, 0, 5)
    counter = packages(tmp_path)
    (domain / "energy_uj").unlink()
    assert counter.microjoules() is None


def test_without_a_counter_of_the_processor_the_reason_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingCapability, match=r"needs energy: the kernel shows no counter of the processor's energy \(RAPL\)"):
        packages(tmp_path)


def test_a_counter_for_root_alone_is_missing_with_that_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = package(tmp_path, 0, 5) / "energy_uj"
    read = Path.read_text

    def as_user(path: Path) -> str:
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_text", as_user)  # these tests may run as root, whom no mode of a file stops
    with pytest.raises(MissingCapability, match="is for root alone"):
        packages(tmp_path)


def test_a_boards_energy_is_microjoules_and_its_power_watts() -> None:
    fake = FakeNvml(gpu := FakeGpu(processes=lambda seconds: [(1, 1 << 20)]))
    fake.now = 2.0
    with GpuProbe(fake) as probe:
        counter = board(probe, gpu.uuid.removeprefix("GPU-"))
        assert (counter.microjoules(), counter.watts()) == (200_000_000, 100.0)


@pytest.mark.parametrize(
    ("gpu", "missing", "reason"),
    [
        (FakeGpu(mig=True), (), r"divided into instances \(MIG\)"),
        (FakeGpu(processes=lambda seconds: [(1, 1), (2, 1)]), (), "1 other process on the GPU"),
        (FakeGpu(processes=lambda seconds: [(1, 1), (2, 1), (3, 1)]), (), "2 other processes on the GPU"),
        (FakeGpu(), ("nvmlDeviceGetTotalEnergyConsumption",), "no counter of energy: .*NVMLError_FunctionNotFound"),
    ],
    ids=["MIG", "one other", "two others", "no counter"],
)
def test_a_board_of_several_tenants_or_without_a_counter_is_refused(gpu: FakeGpu, missing: tuple[str, ...], reason: str) -> None:
    with GpuProbe(FakeNvml(gpu, missing=missing)) as probe, pytest.raises(MissingCapability, match=f"needs energy: .*{reason}"):
        board(probe, gpu.uuid)


def test_a_virtual_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeNvml(gpu := FakeGpu())
    monkeypatch.setattr(fake, "nvmlDeviceGetVirtualizationMode", lambda handle: 2)
    with GpuProbe(fake) as probe, pytest.raises(MissingCapability, match="shared between virtual machines"):
        board(probe, gpu.uuid)


def test_a_gpu_that_the_driver_does_not_know_is_refused_and_so_is_a_missing_driver() -> None:
    with GpuProbe(FakeNvml()) as probe, pytest.raises(MissingCapability, match="NVML does not know the GPU"):
        board(probe, "cccc")
    with GpuProbe(FakeNvml(loaded=False)) as probe, pytest.raises(MissingCapability, match="NVML did not open"):
        board(probe, "cccc")
