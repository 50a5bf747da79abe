"""Which GPU is which, who else is on it, and how it is set up: what would make numbers belong to something else."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.doctor.finding import Finding, Level
from benchmarks.harness.gpu_state import GpuState
from benchmarks.harness.readings import Gpu, Reading


def presence_finding(found: Sequence[Gpu], absent: str) -> Finding:
    """What there is, where the CPU is asked about.

    Args:
        found: the GPUs that are visible.
        absent: why there are none.
    """
    if not found:
        said = f"there is none here ({absent or 'the driver reports none'})"
        return Finding("GPU", Level.FINE, said, "Nothing to do: what is measured on the CPU needs none.", {"gpus": []})
    names = ", ".join(f"cuda:{gpu.index} {gpu.name}" for gpu in found)
    facts = {"gpus": [vars(gpu) for gpu in found]}
    return Finding("GPU", Level.FINE, f"there is {names}; not looked at", "To examine one: gradgauge doctor --device cuda", facts)


def mapping_finding(gpu: Gpu, seen: Sequence[Mapping[str, Any]], back: Reading[str], build: str | None) -> Finding:
    """Whether a worker that was given a UUID sees that GPU and no other, and whether its own name for it leads back.

    Args:
        gpu: as NVML reports it.
        seen: the GPUs that a worker pinned to it sees, as `benchmarks.worker.facts` has them.
        back: NVML's UUID of what CUDA names first.
        build: the version of CUDA that its torch is built for; None where it is built without.
    """
    facts = {"nvml": vars(gpu), "cuda": [dict(one) for one in seen], "back": back.to_json()}
    advice = (
        "Nothing measured with --device would be of this GPU: look at CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER and the driver."
    )
    if not seen and build is None:
        return Finding("GPU mapping", Level.BAD, "this torch is built without CUDA", "Install a build of torch with CUDA.", facts)
    if len(seen) != 1:
        return Finding("GPU mapping", Level.BAD, f"a worker that was given {gpu.uuid} sees {len(seen)} GPUs", advice, facts)
    if back.value != gpu.uuid:
        said = f"{gpu.uuid} in NVML is {seen[0]['uuid']} in CUDA, which leads back to {back.value or 'nothing'}"
        return Finding("GPU mapping", Level.BAD, said, advice, facts)
    if seen[0]["name"] != gpu.name or _unlike(seen[0]["memory_bytes"], gpu.memory_bytes):
        said = (
            f"{gpu.uuid} is {gpu.name!r} with {_size(gpu.memory_bytes)} in NVML "
            f"and {seen[0]['name']!r} with {_size(seen[0]['memory_bytes'])} in CUDA"
        )
        return Finding("GPU mapping", Level.CAUTION, said, "Look whether both mean one board; the UUIDs agree.", facts)
    said = f"{gpu.name} ({gpu.uuid}): NVML and CUDA mean the same, both ways"
    return Finding("GPU mapping", Level.FINE, said, "Nothing to do.", facts)


def tenants_finding(state: GpuState) -> Finding:
    """Whether anybody else computes there; to be read while nothing of ours does."""
    others = state.others
    facts = {"other_processes": others.to_json()}
    if others.value is None:
        said = f"who else computes there cannot be read ({others.reason})"
        return Finding("GPU tenants", Level.CAUTION, said, "Make sure by other means that nobody does.", facts)
    if others.value:
        many = len(others.value)
        computing = f"{many} other processes compute" if many > 1 else "1 other process computes"
        said = f"{computing} there: {', '.join(map(str, others.value))}"
        return Finding("GPU tenants", Level.BAD, said, "Wait for them; cells measured now are marked `contended`.", facts)
    return Finding("GPU tenants", Level.FINE, "nobody else computes there", "Nothing to do.", facts)


def modes_finding(facts: Mapping[str, Reading[Any]]) -> Finding:
    """Whether the board is one tenant's own and stays up.

    Args:
        facts: see `GpuProbe.facts`.
    """
    value = {name: reading.value for name, reading in facts.items()}
    shown = {name: reading.to_json() for name, reading in facts.items()}
    troubles = [
        ("it is divided (MIG): energy and bytes of the device are those of the whole board", value.get("MIG") is True),
        ("it is a share of a board (vGPU): its energy is not told apart", value.get("virtualisation") == "vGPU"),
        ("persistence mode is off: each start of the driver takes seconds", value.get("persistence") is False),
        ("its compute mode lets nobody in", value.get("compute mode") == "prohibited"),
    ]
    found = [text for text, holds in troubles if holds]
    parts = ("MIG", "persistence", "ECC", "compute mode", "virtualisation")
    said = "; ".join(found) or ", ".join(f"{name}: {_word(value.get(name))}" for name in parts)
    if value.get("compute mode") == "prohibited":
        return Finding("GPU modes", Level.BAD, said, "Only an administrator can let processes in.", shown)
    if found:
        return Finding("GPU modes", Level.CAUTION, said, "Times hold. gradgauge changes no setting: ask an administrator.", shown)
    return Finding("GPU modes", Level.FINE, said, "Nothing to do.", shown)


def _unlike(cuda: int, nvml: int | None) -> bool:
    """Whether two sizes of a memory mean different ones: CUDA leaves out what the driver keeps."""
    return nvml is not None and abs(cuda - nvml) > 0.05 * nvml


def _size(size: int | None) -> str:
    return "memory of unknown size" if size is None else f"{size / 2**30:.1f} GiB"


def _word(value: Any) -> str:
    if value is None:
        return "not said"
    return ("off", "on")[value] if isinstance(value, bool) else str(value)
