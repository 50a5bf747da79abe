"""The counters of energy that there are: NVML's of a GPU's board, and RAPL's of the processor's packages.

Neither is read through a setter, and neither is believed where it counts more than the work: a board that is divided (MIG, vGPU)
or shared has one counter for all its tenants. RAPL counts whole packages, all cores of all processes, and on most systems only
root may read it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.harness.metering import EnergyCounter
from benchmarks.harness.probe import GpuProbe
from benchmarks.records import ENERGY
from estimators.objective import MissingCapability

_POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class BoardCounter:
    """The energy of a GPU's board, and its power at the moment; see `benchmarks.harness.metering.EnergyCounter`.

    Attributes:
        probe: open.
        uuid: of the GPU.
    """

    probe: GpuProbe
    uuid: str
    name: str = "NVML's total energy of the board"
    resolution: int = 1000

    def microjoules(self) -> int | None:
        """Millijoules since the driver was loaded, in µJ."""
        value = self.probe.energy_millijoules(self.uuid).value
        return None if value is None else 1000 * value

    def watts(self) -> float | None:
        """The power drawn now, not its average over a second."""
        value = self.probe.power_milliwatts(self.uuid).value
        return None if value is None else value / 1000


class PackageCounter:
    """The energy of all packages of the processor, by RAPL; see `benchmarks.harness.metering.EnergyCounter`.

    Each package's counter begins again at 0 when it has reached its range; that is added, so that the sum never falls. It moves
    every millisecond.
    """

    name = "RAPL's energy of the processor's packages"
    resolution = 100  # µJ: its unit is 15 or 61 µJ on known parts, and each package adds one of its own

    def __init__(self, folders: list[Path]) -> None:
        """Keep the folders of the packages.

        Args:
            folders: each with `energy_uj` and `max_energy_range_uj`.

        Raises:
            OSError, ValueError: one of them cannot be read.
        """
        self._folders = folders
        self._ranges = [int((folder / "max_energy_range_uj").read_text()) for folder in folders]
        self._last = [_energy(folder) for folder in folders]
        self._begun_again = [0] * len(folders)

    def microjoules(self) -> int | None:
        """The sum over the packages since the counter was made, and what they began with."""
        try:
            values = [_energy(folder) for folder in self._folders]
        except (OSError, ValueError):
            return None
        for place, value in enumerate(values):
            self._begun_again[place] += value < self._last[place]
        self._last = values
        return sum(values) + sum(count * whole for count, whole in zip(self._begun_again, self._ranges, strict=True))

    def watts(self) -> None:
        """Not known: RAPL counts energy alone."""


@contextmanager
def counter_of(device: torch.device) -> Iterator[EnergyCounter]:
    """The counter of a device, open until the context ends.

    Args:
        device: whose energy is wanted.

    Raises:
        MissingCapability: there is none, it cannot be read, or it counts others' work too.
    """
    if device.type == "cpu":
        yield packages()
        return
    with GpuProbe() as probe:
        yield board(probe, str(torch.cuda.get_device_properties(device).uuid))


def board(probe: GpuProbe, uuid: str) -> BoardCounter:
    """The counter of a GPU's board.

    Args:
        probe: open.
        uuid: as CUDA or NVML says it.

    Raises:
        MissingCapability: it cannot be read, or the board is not one tenant's.
    """
    known = probe.of_cuda(uuid)
    if known.value is None:
        raise MissingCapability(ENERGY, f"NVML does not know the GPU: {known.reason}")
    if reason := shared(probe, known.value):
        raise MissingCapability(ENERGY, reason)
    reading = probe.energy_millijoules(known.value)
    if reading.value is None:
        raise MissingCapability(ENERGY, f"the board has no counter of energy: {reading.reason}")
    return BoardCounter(probe, known.value)


def shared(probe: GpuProbe, uuid: str) -> str:
    """Why a board's energy is not this process's alone; empty where it is, as far as the driver says.

    Args:
        probe: open.
        uuid: of the GPU.
    """
    if uuid.startswith("MIG-") or probe.mig(uuid).value:
        return "the GPU is divided into instances (MIG), and its counter is that of the whole board"
    if probe.virtualisation(uuid).value in ("vGPU", "host of vGPU"):
        return "the GPU is shared between virtual machines, and its counter is that of the whole board"
    others = len(probe.processes(uuid).value or ()) - 1  # one is this process, whatever number the driver knows it by
    if others > 0:
        return f"{others} other process{'es' if others > 1 else ''} on the GPU"
    return ""


def packages(folder: Path = _POWERCAP) -> PackageCounter:
    """RAPL's counter.

    Args:
        folder: in which the kernel shows what limits power.

    Raises:
        MissingCapability: the kernel shows none, or this user may not read it.
    """
    domains = (path for path in folder.glob("intel-rapl:*") if path.name.count(":") == 1)  # the others are parts of these
    found = sorted(path for path in domains if _named(path).startswith("package"))
    if not found:
        raise MissingCapability(ENERGY, f"the kernel shows no counter of the processor's energy (RAPL) in {folder}")
    try:
        return PackageCounter(found)
    except PermissionError:
        raise MissingCapability(ENERGY, f"the counter of the processor's energy (RAPL) in {folder} is for root alone") from None
    except (OSError, ValueError) as error:
        raise MissingCapability(ENERGY, f"the counter of the processor's energy (RAPL) cannot be read: {error}") from None


def _energy(folder: Path) -> int:
    return int((folder / "energy_uj").read_text())


def _named(folder: Path) -> str:
    try:
        return (folder / "name").read_text()
    except OSError:
        return ""
