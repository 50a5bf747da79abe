"""Naming one GPU among those that the driver reports, and one lock a GPU on this host. No CUDA context is made.

Workers are given UUIDs only: CUDA and NVML count devices in orders of their own. A number that a user types is a place in the
order of NVML, which is that of the PCI bus and of `nvidia-smi`.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Gpu

TESTED = "against a fake of the driver only"
"""How the paths that need a GPU have been tested in this version; kept with every run on one."""

_LOCKS = Path("/tmp")  # the same for everybody on the host, unlike what TMPDIR names


class DeviceError(ValueError):
    """A device that is not there, is named ambiguously, or is in use by another run."""


def named(text: str, probe: GpuProbe, environment: Mapping[str, str] = os.environ) -> Gpu | None:
    """The device that a user's text names, among those that CUDA_VISIBLE_DEVICES lets through.

    Args:
        text: see `resolve`.
        probe: that is open.
        environment: where CUDA_VISIBLE_DEVICES is looked up.

    Returns:
        The GPU; None for the CPU.

    Raises:
        DeviceError: nothing, or more than one, is named so; the message says what there is, or why there is nothing.
    """
    found = gpus(probe, environment)
    chosen, order = environment.get("CUDA_VISIBLE_DEVICES"), environment.get("CUDA_DEVICE_ORDER")
    if found and text != "cpu" and _ambiguous(chosen, order, probe.devices()):
        raise DeviceError(
            f"CUDA_VISIBLE_DEVICES={chosen} counts unlike GPUs from the fastest on, the driver counts them by their place: "
            "set CUDA_DEVICE_ORDER=PCI_BUS_ID, or list UUIDs"
        )
    return resolve(text, found, probe.absent)


def gpus(probe: GpuProbe, environment: Mapping[str, str] = os.environ) -> list[Gpu]:
    """The GPUs that the driver reports and CUDA_VISIBLE_DEVICES lets through.

    Args:
        probe: that is open.
        environment: where CUDA_VISIBLE_DEVICES is looked up.
    """
    return visible(probe.devices(), environment.get("CUDA_VISIBLE_DEVICES"))


def visible(found: Sequence[Gpu], chosen: str | None) -> list[Gpu]:
    """Those that CUDA_VISIBLE_DEVICES names, renumbered in its order; as CUDA does, reading stops at the first unknown one."""
    if chosen is None:
        return list(found)
    kept: list[Gpu] = []
    for word in (part.strip() for part in chosen.split(",")):
        match = [gpu for gpu in found if (word == str(gpu.index) if word.isdigit() else word and gpu.uuid.startswith(word))]
        if len(match) != 1:
            break
        kept.append(replace(match[0], index=len(kept)))
    return kept


def resolve(text: str, found: Sequence[Gpu], absent: str = "") -> Gpu | None:
    """The device that a user's text names.

    Args:
        text: `cpu`, `cuda`, `cuda:INDEX`, a UUID or the unique beginning of one, or `name:PART` of a name in any case.
        found: from `gpus`.
        absent: why there are none, where somebody knows.

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
        expected = "expected cpu, cuda, cuda:INDEX, GPU-UUID or name:PART"
        raise DeviceError(f"unknown device {text!r}: {expected}{_listed(found, absent)}")
    if len(match) != 1:
        raise DeviceError(f"device {text!r} names {len(match) or 'no'} GPU{'s' if match else ''}{_listed(found, absent)}")
    return match[0]


@contextmanager
def locked(uuid: str, folder: Path | None = None) -> Iterator[None]:
    """Hold a GPU for this run, on the whole host; the kernel lets go of it if this process dies.

    Args:
        uuid: of the GPU.
        folder: that everybody on the host locks in.

    Raises:
        DeviceError: another run holds it, or the lock file cannot be opened.
    """
    path = (folder or (_LOCKS if _LOCKS.is_dir() else Path(tempfile.gettempdir()))) / f"gradgauge-{uuid}.lock"
    try:
        descriptor = _opened(path)
    except OSError as error:
        raise DeviceError(f"{uuid} cannot be locked: {path}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DeviceError(f"{uuid} is in use by another run on this host ({path})") from None
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """A descriptor to lock, also where another user has made the file: that can be read, but not opened for creation."""
    safe = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, safe)
    except FileNotFoundError:
        descriptor = os.open(path, safe | os.O_CREAT, 0o644)
        os.fchmod(descriptor, 0o644)  # whatever the umask says
        return descriptor


def _ambiguous(chosen: str | None, order: str | None, found: Sequence[Gpu]) -> bool:
    """Whether CUDA_VISIBLE_DEVICES holds numbers that CUDA and NVML would understand differently."""
    counted = any(word.strip().isdigit() for word in (chosen or "").split(","))
    return counted and order != "PCI_BUS_ID" and len({gpu.name for gpu in found}) > 1


def _listed(found: Sequence[Gpu], absent: str) -> str:
    if not found:
        return f"; {absent or 'the driver reports no GPU'}"
    return "; there are " + ", ".join(f"cuda:{gpu.index} {gpu.name} ({gpu.uuid})" for gpu in found)
