"""A profile as its page shows it: the record, the allocator's steps, what NVML said, and the run beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.records.ceilings import Ceilings, ceilings_of
from benchmarks.records.profile import (
    AGGREGATION,
    BACKWARD,
    DRAWING,
    DUAL,
    OTHER,
    PRIMAL,
    TANGENTS,
    TIMELINE,
    Profile,
    Share,
    Step,
    read_steps,
    read_table,
)
from benchmarks.records.profile import read as read_record
from reports import frames
from reports.frames import Results, rows
from reports.looks import COLORS, INK, Look
from reports.style import MUTED

FRAMEWORK = "framework"

LABELS: Mapping[str, str] = {
    DRAWING: "drawing",
    PRIMAL: "primal",
    TANGENTS: "tangent propagation",
    BACKWARD: "backward propagation",
    AGGREGATION: "aggregation",
    OTHER: "other operators",
    DUAL: "primal and tangents",
    FRAMEWORK: "framework",
}
"""Name of a phase -> what the page calls it."""

LOOKS: Mapping[str, Look] = {
    DRAWING: Look(COLORS["forward gradient"], "o", "-"),
    PRIMAL: Look(INK, "D", "-"),
    TANGENTS: Look(COLORS["projection"], "s", "-"),
    BACKWARD: Look(COLORS["zeroth order"], "^", "-"),
    AGGREGATION: Look(COLORS["other"], "v", "-"),
    OTHER: Look(COLORS["activation space"], "P", "-"),
    DUAL: Look(COLORS["projection"], "s", "-"),
    FRAMEWORK: Look(MUTED, "X", "-"),
}
"""Name of a phase -> how it is drawn."""


@dataclass(frozen=True)
class Shown:
    """Everything that the page shows.

    Attributes:
        results: the run beside the profile.
        profile: the record.
        steps: of the allocator, in one gradient.
        timeline: rows of what NVML said, column -> value or None.
    """

    results: Results
    profile: Profile
    steps: tuple[Step, ...]
    timeline: tuple[Mapping[str, int | None], ...]

    @property
    def cost(self) -> dict[str, Any]:
        """The cell that was timed without a profiler, column -> value."""
        return rows(self.results.cells[self.results.cells["kind"] == "cost"])[0]

    @property
    def memory(self) -> dict[str, Any]:
        """The cell of which the exact peak was measured; empty where there is none."""
        found = rows(self.results.cells[self.results.cells["kind"] == "memory"])
        return found[0] if found else {}

    @property
    def roof(self) -> Ceilings | None:
        """What the device was seen to do at best in the run; None where nothing was measured."""
        return ceilings_of(self.results.runs[0].header)

    @property
    def on_device(self) -> bool:
        """Whether the work was done on a GPU."""
        return self.profile.span_ns is not None

    @property
    def scale(self) -> float:
        """What shares are of: the device's time in kernels where there is one, else host time, the framework's included."""
        if self.on_device:
            return sum(share.busy_ns for share in self.profile.phases)
        return self.profile.wall_ns

    def part_of(self, share: Share) -> float:
        """How much of `scale` a phase takes; 0 of nothing."""
        return share.busy_ns / self.scale if self.scale > 0 else 0.0

    @property
    def parts(self) -> dict[str, float]:
        """Name of a phase, or `FRAMEWORK` on the CPU -> its share, which together are 1."""
        found = {share.phase: self.part_of(share) for share in self.profile.phases}
        if not self.on_device and self.scale > 0:
            found[FRAMEWORK] = self.profile.between_ns / self.scale
        return found


def read(folder: Path) -> Shown:
    """What there is in the folder of a profile.

    Raises:
        FolderError: it holds no profile, or something in it cannot be read.
    """
    record = read_record(folder)
    timeline = tuple({name: int(text) if text else None for name, text in row.items()} for row in read_table(folder / TIMELINE))
    return Shown(frames.read([folder]), record, tuple(read_steps(folder)), timeline)
