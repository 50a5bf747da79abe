"""Naming one GPU: listing through NVML, so that this process never makes a CUDA context, and one lock a GPU on this host.

Workers are given UUIDs only: CUDA and NVML count devices in orders of their own.
"""

import fcntl
import importlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class DeviceError(ValueError):
    """A device that is not there, is named ambiguously, or is in use by another run."""


@dataclass(frozen=True)
class Gpu:
    """One GPU as NVML reports it.

    Attributes:
        index: among those visible, in the order of NVML.
        name: such as `NVIDIA H200`.
        uuid: with its prefix `GPU-`.
        memory_bytes: all of its memory.
        driver: version of the driver.
    """

    index: int
    name: str
    uuid: str
    memory_bytes: int
    driver: str


def gpus(library: Any = None, environment: Mapping[str, str] = os.environ) -> list[Gpu]:
    """The GPUs that the driver reports and CUDA_VISIBLE_DEVICES lets through; none where there is no driver.

    Args:
        library: a module like `pynvml`, which is the default.
        environment: where CUDA_VISIBLE_DEVICES is looked up.
    """
    nvml = library or importlib.import_module("pynvml")  # slow enough to wait until somebody asks
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return []
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        found = [
            Gpu(
                index,
                _text(nvml.nvmlDeviceGetName(handle)),
                _text(nvml.nvmlDeviceGetUUID(handle)),
                int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
                driver,
            )
            for index, handle in enumerate(handles)
        ]
    finally:
        nvml.nvmlShutdown()
    return visible(found, environment.get("CUDA_VISIBLE_DEVICES"))


def visible(found: Sequence[Gpu], chosen: str | None) -> list[Gpu]:
    """Those that CUDA_VISIBLE_DEVICES names, renumbered in its order; as CUDA does, reading stops at the first unknown one."""
    if chosen is None:
        return list(found)
    kept: list[Gpu] = []
    for word in (part.strip() for part in chosen.split(",")):
        match = [gpu for gpu in found if (word == str(gpu.index) if word.isdigit() else word and gpu.uuid.startswith(word))]
        if len(match) != 1:
            break
        kept.append(Gpu(len(kept), match[0].name, match[0].uuid, match[0].memory_bytes, match[0].driver))
    return kept


def resolve(text: str, found: Sequence[Gpu]) -> Gpu | None:
    """The device that a user's text names.

    Args:
        text: `cpu`, `cuda`, `cuda:INDEX`, a UUID or the unique beginning of one, or `name:PART` of a name in any case.
        found: from `gpus`.

    Returns:
        The GPU; None for the CPU.

    Raises:
        DeviceError: nothing, or more than one, is named so; the message lists what there is.
    """
    if text == "cpu":
        return None
    kind, _, rest = text.partition(":")
    if text == "cuda":
        match = list(found[:1])
    elif kind == "cuda" and rest.isdigit():
        match = [gpu for gpu in found if gpu.index == int(rest)]
    elif kind == "name" and rest:
        match = [gpu for gpu in found if rest.lower() in gpu.name.lower()]
    elif text.startswith("GPU-"):
        match = [gpu for gpu in found if gpu.uuid.startswith(text)]
    else:
        raise DeviceError(f"unknown device {text!r}: expected cpu, cuda, cuda:INDEX, GPU-UUID or name:PART{_listed(found)}")
    if len(match) != 1:
        raise DeviceError(f"device {text!r} names {len(match) or 'no'} GPU{'s' if match else ''}{_listed(found)}")
    return match[0]


@contextmanager
def locked(uuid: str, folder: Path | None = None) -> Iterator[None]:
    """Hold a GPU for this run, on the whole host; the kernel lets go of it if this process dies.

    Raises:
        DeviceError: another run holds it.
    """
    path = (folder or Path(tempfile.gettempdir())) / f"gradgauge-{uuid}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DeviceError(f"{uuid} is in use by another run on this host ({path})") from None
    finally:
        os.close(descriptor)


def _listed(found: Sequence[Gpu]) -> str:
    if not found:
        return "; the driver reports no GPU"
    return "; there are " + ", ".join(f"cuda:{gpu.index} {gpu.name} ({gpu.uuid})" for gpu in found)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
