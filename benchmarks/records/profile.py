"""What one profile found, as `profile.json` in its run folder holds it: where time, launches and memory of a gradient go.

Times are of profiled gradients, which are slower than others; what an unprofiled one takes stands in the folder's records. Every
number is of one gradient, the shortest of those profiled: others disturbed it least. How it is made: `benchmarks.profiling`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.records.folder import FolderError

FILE, TRACE, ALLOCATIONS, TIMELINE = "profile.json", "trace.json.gz", "allocations.csv", "timeline.csv"
"""The files of a profile beside those of its run: this record, torch's trace, the allocator's steps, and what NVML said."""

VERSION = 1
"""Of the record; a reader knows those up to its own."""

DRAWING, PRIMAL, TANGENTS, BACKWARD, AGGREGATION, OTHER = "drawing", "primal", "tangents", "backward", "aggregation", "other"

PHASES: Mapping[str, str] = {
    DRAWING: "random numbers, and directions made of them",
    PRIMAL: "evaluations of the loss",
    TANGENTS: "what tangents add: their way through the operators, or parameters moved along them",
    BACKWARD: "the way back along a tape",
    AGGREGATION: "coefficients, and the estimate formed and read",
    OTHER: "operators in none of these",
}
"""Name of a phase -> what belongs to it, in the order of reports."""

DUAL = "primal and tangents"
"""Of memory: allocated while a loss and its tangents went through the same operators."""


@dataclass(frozen=True)
class Share:
    """What one phase takes of a gradient.

    Attributes:
        phase: a key of `PHASES`.
        operators_ns: host time within operators.
        between_ns: host time between them: Python, the dispatch of operators, the engine of a tape, and the profiler itself.
        calls: of operators, those that operators call included.
        device_ns: time of kernels and copies on the device; None on the CPU.
        launches: of kernels and copies; None on the CPU.
        flops: floating-point operations of matrix products, convolutions and attention; None where they could not be counted.
        moved_bytes: traffic of the operators, see `benchmarks.harness.traffic`; None as `flops`.
    """

    phase: str
    operators_ns: float
    between_ns: float
    calls: float
    device_ns: float | None = None
    launches: float | None = None
    flops: float | None = None
    moved_bytes: float | None = None

    @property
    def busy_ns(self) -> float:
        """Time in which its work is done: on the device where there is one, else within operators."""
        return self.operators_ns if self.device_ns is None else self.device_ns


@dataclass(frozen=True)
class Called:
    """One operator, or one kernel, in one phase.

    Attributes:
        name: as torch's profiler calls it.
        phase: a key of `PHASES`, or `DUAL`.
        calls: how often.
        ns: all calls together, without what they call.
    """

    name: str
    phase: str
    calls: int
    ns: int


@dataclass(frozen=True)
class Profile:
    """The record.

    Attributes:
        gradients: how many were profiled.
        wall_ns: host time of the shortest; that of all its phases together.
        phases: in the order of `PHASES`, those that occur.
        operators: by the time they take themselves, longest first.
        kernels: the same on the device; empty on the CPU.
        evaluation_ns: profiled host time of the shortest evaluation of the loss without tangents; None where none was made.
        evaluations: with tangents, in one gradient; their primal part is taken to be so many times that.
        span_ns: from the begin of the first gradient to the end of the last kernel, over their number; None on the CPU.
        device_ns: of it, time in which at least one kernel or copy ran.
        peak_bytes: the most that one gradient held at once beyond what was there before it; None where no allocation was seen.
        at_peak: phase (of `PHASES`, or `DUAL`) -> bytes held at that moment that it had allocated.
        loaded_ns: begin and end of the stretch of gradients, on the clock of `TIMELINE`; None without one.
        missing: what is not there -> why.
    """

    gradients: int
    wall_ns: int
    phases: tuple[Share, ...]
    operators: tuple[Called, ...] = ()
    kernels: tuple[Called, ...] = ()
    evaluation_ns: int | None = None
    evaluations: int = 0
    span_ns: float | None = None
    device_ns: float | None = None
    peak_bytes: int | None = None
    at_peak: Mapping[str, int] = field(default_factory=dict)
    loaded_ns: tuple[int, int] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def between_ns(self) -> float:
        """Host time between operators, in all phases: the framework's."""
        return sum(share.between_ns for share in self.phases)

    @property
    def idle_share(self) -> float | None:
        """Share of the device's time in which nothing ran on it; None on the CPU."""
        if self.span_ns is None or self.device_ns is None or not self.span_ns > 0:
            return None
        return 1 - self.device_ns / self.span_ns

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `from_json` gives back an equal one."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Profile":
        """The profile of a JSON object.

        Raises:
            KeyError, TypeError, ValueError: it holds none.
        """
        known = dict(values)
        if (version := known.pop("version")) > VERSION:
            raise ValueError(f"it is of version {version}; this gradgauge knows {VERSION} at most: update it")
        known["phases"] = tuple(Share(**share) for share in known["phases"])
        for name in ("operators", "kernels"):
            known[name] = tuple(Called(**called) for called in known[name])
        if known["loaded_ns"] is not None:
            known["loaded_ns"] = tuple(known["loaded_ns"])
        return cls(**known)


@dataclass(frozen=True)
class Step:
    """One step of the allocator in one gradient.

    Attributes:
        ns: since the gradient began.
        bytes: allocated, or given back where negative.
        held: after it, beyond what was there before the gradient.
        phase: that it happened in.
    """

    ns: int
    bytes: int
    held: int
    phase: str


def write(folder: Path, profile: Profile) -> None:
    """Write the record; the same one gives the same bytes."""
    (folder / FILE).write_text(json.dumps(profile.to_json(), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read(folder: Path) -> Profile:
    """The profile in a run folder.

    Raises:
        FolderError: there is none, or it cannot be read.
    """
    path = folder / FILE
    try:
        return Profile.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError(f"{folder} holds no profile: it has no {FILE}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise FolderError(f"{path} cannot be read: {error}") from None


def holds_profile(folder: Path) -> bool:
    """Whether a folder is that of a profile."""
    return (folder / FILE).is_file()


def write_table(path: Path, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    """Write numbers and plain words as CSV; a value that is missing is empty."""
    lines = (",".join("" if value is None else str(value) for value in row) for row in (columns, *rows))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of such a file, as column -> text; none where there is no file.

    Raises:
        FolderError: a line has not as many entries as the first.
    """
    if not path.is_file():
        return []
    head, *lines = (line.split(",") for line in path.read_text(encoding="utf-8").splitlines())
    if any(len(line) != len(head) for line in lines):
        raise FolderError(f"{path} is damaged: its lines differ in length")
    return [dict(zip(head, line, strict=True)) for line in lines]


def write_steps(folder: Path, steps: Sequence[Step]) -> None:
    """Write the allocation timeline."""
    write_table(folder / ALLOCATIONS, ("ns", "bytes", "held", "phase"), ((s.ns, s.bytes, s.held, s.phase) for s in steps))


def read_steps(folder: Path) -> list[Step]:
    """The allocation timeline; empty where there is none.

    Raises:
        FolderError: it is damaged.
    """
    rows = read_table(folder / ALLOCATIONS)
    try:
        return [Step(int(row["ns"]), int(row["bytes"]), int(row["held"]), row["phase"]) for row in rows]
    except (KeyError, ValueError):
        raise FolderError(f"{folder / ALLOCATIONS} is damaged") from None
