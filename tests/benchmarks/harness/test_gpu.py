"""GPUs are listed through NVML and named by index, UUID or name; one run at a time holds one. No GPU is needed here."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.harness.gpu import DeviceError, Gpu, gpus, locked, resolve, visible

H200 = Gpu(0, "NVIDIA H200", "GPU-aaaa1111", 141 << 30, "570.1")
L4 = Gpu(1, "NVIDIA L4", "GPU-aabb2222", 24 << 30, "570.1")
BOTH = [H200, L4]


class FakeNvml:
    """The few calls that listing needs."""

    class NVMLError(Exception):
        """As in pynvml."""

    def __init__(self, present: list[Gpu] | None) -> None:
        self.present, self.open = present, 0

    def nvmlInit(self) -> None:  # noqa: N802
        if self.present is None:
            raise self.NVMLError("driver not loaded")
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open -= 1

    def nvmlSystemGetDriverVersion(self) -> bytes:  # noqa: N802
        return b"570.1"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.present or [])

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Gpu:  # noqa: N802
        return (self.present or [])[index]

    def nvmlDeviceGetName(self, handle: Gpu) -> str:  # noqa: N802
        return handle.name

    def nvmlDeviceGetUUID(self, handle: Gpu) -> bytes:  # noqa: N802
        return handle.uuid.encode()

    def nvmlDeviceGetMemoryInfo(self, handle: Gpu) -> Any:  # noqa: N802
        return SimpleNamespace(total=handle.memory_bytes)


def test_gpus_are_listed_and_nvml_is_closed_again() -> None:
    nvml = FakeNvml(BOTH)
    assert gpus(nvml, {}) == BOTH
    assert nvml.open == 0


def test_without_a_driver_there_are_none() -> None:
    assert gpus(FakeNvml(None), {}) == []


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
