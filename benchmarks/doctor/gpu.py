"""The part of an examination that is about one GPU: read by this process through the driver, so that no CUDA context is made.

What only a process with a context can say (which GPU a pinned worker sees) comes from the first worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.doctor.finding import Finding
from benchmarks.doctor.gpu_counter import counter_finding, read_counter
from benchmarks.doctor.gpu_place import mapping_finding, modes_finding, tenants_finding
from benchmarks.doctor.gpu_readouts import read_outs, readouts_finding
from benchmarks.harness.gpu_state import GpuWatch
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.readings import Gpu


@dataclass(frozen=True)
class Examined:
    """A GPU that is examined.

    Attributes:
        probe: that is open.
        gpu: which.
    """

    probe: GpuProbe
    gpu: Gpu

    def look_on(self, seconds: float) -> list[Finding]:
        """What can be said while nothing of ours runs there.

        Args:
            seconds: for the counter of energy.
        """
        uuid = self.gpu.uuid
        return [
            tenants_finding(GpuWatch(self.probe, self.gpu).now()),
            modes_finding(self.probe.facts(uuid)),
            readouts_finding(read_outs(self.probe, uuid)),
            counter_finding(read_counter(lambda: self.probe.energy_millijoules(uuid), seconds)),
        ]

    def mapped(self, worker: Mapping[str, Any]) -> Finding:
        """Whether a worker that was given this GPU's UUID sees it, and it alone.

        Args:
            worker: what it said about itself, see `benchmarks.worker.facts`.
        """
        seen, build = worker.get("gpu", []), worker.get("torch", {}).get("cuda")
        return mapping_finding(self.gpu, seen, self.probe.of_cuda(seen[0]["uuid"] if seen else ""), build)
