"""GPUs are listed through NVML and named by index, UUID or name; one run at a time holds one. No GPU is needed here."""

import os
from pathlib import Path

import pytest

from benchmarks.harness.gpu import DeviceError, gpus, locked, named, resolve, visible
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Gpu
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

H200 = Gpu(0, "NVIDIA H200", "GPU-aaaa1111", 141 << 30, "580.1")
L4 = Gpu(1, "NVIDIA L4", "GPU-aabb2222", 24 << 30, "580.1")
BOTH = [H200, L4]
BOARDS = tuple(FakeGpu(gpu.uuid, gpu.name, gpu.memory_bytes or 0) for gpu in BOTH)


def test_gpus_are_listed_as_far_as_they_are_visible() -> None:
    with GpuProbe(FakeNvml(*BOARDS)) as probe:
        assert gpus(probe, {}) == BOTH
        assert [gpu.uuid for gpu in gpus(probe, {"CUDA_VISIBLE_DEVICES": "GPU-aabb2222"})] == [L4.uuid]


def test_without_a_driver_a_named_gpu_is_refused_with_the_reason() -> None:
    with GpuProbe(FakeNvml(*BOARDS, loaded=False)) as probe:
        assert named("cpu", probe, {}) is None
        with pytest.raises(DeviceError, match="'cuda' names no GPU; NVML did not open: NVMLError_DriverNotLoaded"):
            named("cuda", probe, {})


@pytest.mark.parametrize("order", ["FASTEST_FIRST", None])
def test_numbers_that_cuda_and_the_driver_count_differently_are_refused(order: str | None) -> None:
    """CUDA would count the H200 first wherever it is plugged in, so nobody can say which one 0 is."""
    environment = {"CUDA_VISIBLE_DEVICES": "0", **({"CUDA_DEVICE_ORDER": order} if order else {})}
    with GpuProbe(FakeNvml(BOARDS[1], BOARDS[0])) as probe:
        with pytest.raises(DeviceError, match="CUDA_DEVICE_ORDER=PCI_BUS_ID"):
            named("name:L4", probe, environment)
        assert named("cuda", probe, {**environment, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}).name == "NVIDIA L4"  # type: ignore[union-attr]
        assert named("cuda", probe, {"CUDA_VISIBLE_DEVICES": H200.uuid}).name == "NVIDIA H200"  # type: ignore[union-attr]


def test_numbers_of_equal_gpus_mean_the_same_to_both() -> None:
    twins = (FakeGpu("GPU-1"), FakeGpu("GPU-2"))
    with GpuProbe(FakeNvml(*twins)) as probe:
        assert named("cuda", probe, {"CUDA_VISIBLE_DEVICES": "1"}).uuid == "GPU-2"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (None, ["NVIDIA H200", "NVIDIA L4"]),
        ("1,0", ["NVIDIA L4", "NVIDIA H200"]),
        ("GPU-aabb", ["NVIDIA L4"]),
        ("", []),
        ("0,7,1", ["NVIDIA H200"]),
        ("GPU-aa", []),
        ("-1", []),
    ],
)
def test_cuda_visible_devices_chooses_and_renumbers(chosen: str | None, names: list[str]) -> None:
    kept = visible(BOTH, chosen)
    assert [gpu.name for gpu in kept] == names
    assert [gpu.index for gpu in kept] == list(range(len(names)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("cpu", None), ("cuda", H200), ("cuda:1", L4), ("GPU-aabb", L4), ("name:h200", H200), ("GPU-aaaa1111", H200)],
)
def test_a_device_is_named_in_several_ways(text: str, expected: Gpu | None) -> None:
    assert resolve(text, BOTH) == expected


@pytest.mark.parametrize("text", ["cuda:2", "name:A100", "name:nvidia", "GPU-aa", "gpu", "cuda:x", "name:", "tpu"])
def test_no_or_several_devices_are_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(DeviceError, match="cuda:1 NVIDIA L4"):
        resolve(text, BOTH)


def test_without_a_gpu_the_message_says_so() -> None:
    with pytest.raises(DeviceError, match="reports no GPU"):
        resolve("cuda", [])


def test_one_run_holds_a_gpu_and_lets_go_of_it(tmp_path: Path) -> None:
    with locked("GPU-aaaa1111", tmp_path):
        with pytest.raises(DeviceError, match="in use by another run"), locked("GPU-aaaa1111", tmp_path):
            pass
        with locked("GPU-aabb2222", tmp_path):
            pass
    with locked("GPU-aaaa1111", tmp_path):
        pass


def test_the_lock_of_another_user_holds_and_is_let_go_of(tmp_path: Path) -> None:
    """What another user has made can be read, and not written to."""
    path = tmp_path / "gradgauge-GPU-aaaa1111.lock"
    path.touch(0o444)
    with locked("GPU-aaaa1111", tmp_path), pytest.raises(DeviceError, match="in use"), locked("GPU-aaaa1111", tmp_path):
        pass
    with locked("GPU-aaaa1111", tmp_path):
        pass


def test_a_lock_can_be_read_by_everybody_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with locked("GPU-aaaa1111", tmp_path):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "gradgauge-GPU-aaaa1111.lock").stat().st_mode & 0o777 == 0o644


def test_a_lock_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="cannot be locked"), locked("GPU-aaaa1111", tmp_path / "missing"):
        pass
