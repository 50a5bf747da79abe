"""The noise floor that is kept for this very place, which only a process that has imported torch can name."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.doctor import store
from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.doctor.workers import Crew
from benchmarks.executors.events import StartError
from benchmarks.executors.process import Launch
from benchmarks.harness import gpu
from benchmarks.harness.machine import describe
from benchmarks.harness.probe import GpuProbe


def kept_here(device: str, threads: int) -> NoiseFloor | None:
    """The noise floor that is kept for this machine, device and torch build, which a worker is asked for.

    Args:
        device: `cpu`, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`.
        threads: of torch.

    Raises:
        DeviceError: there is no such device.
    """
    uuid = "cpu" if device == "cpu" else _uuid(device)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gradgauge-")))
        job: dict[str, object] = {"effort": {}, "estimators_from": None}
        crew = stack.enter_context(Crew(Launch(job, scratch, scratch, uuid, threads)))
        try:
            crew.start(1)
        except StartError:  # whoever measures next says so
            return None
        return store.kept(Place.of({**describe(), **crew.facts}, uuid, threads), store.home())


def _uuid(device: str) -> str:
    with GpuProbe() as probe:
        found = gpu.named(device, probe)
    return "cpu" if found is None else found.uuid
