"""The noise floor of a place: by how much two runs of equal code differ there, and which change would be found.

From the spread of log(B/A) over pairs of processes that run equal code (see `equal_code`), pooled over cells, in turns or apart,

    half-width      t(P - 1) · spread / √P: of the 95 % interval of a comparison with P processes on each side
    detection limit the smallest change of at least theta that such a comparison finds in 4 of 5 cases, theta being the larger of
                    the threshold and the half-width

The limit takes the spread at the upper end of what the pairs leave open (`BOUND`), because few pairs often show too little: with
the spread as it was seen, changes of that size would be found less often than it says. The driver of a run imports this file, so
numpy is imported where it is used.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

THRESHOLD = 0.03
"""The relative change that matters unless a comparison is told otherwise; a test holds it to that of `reports.compare`."""

BOUND = 0.9
"""Chance that the spread taken for the detection limit is no less than the true one."""

PROCESSES = (6, 20)
"""Processes on each side for which the figures are shown: to screen, and to settle."""

_LARGEST = 10.0  # a spread beyond e^10 is no measurement


@dataclass(frozen=True)
class Place:
    """Where a noise floor holds.

    Attributes:
        machine: the host's name.
        cpu: the processor's name.
        device: `cpu` or a GPU UUID.
        threads: of torch.
        torch: version and commit of the build.
    """

    machine: str
    cpu: str
    device: str
    threads: int
    torch: str

    @classmethod
    def of(cls, provenance: Mapping[str, Any], device: str, threads: int) -> "Place":
        """The place that a run's provenance tells of; what it does not say is empty."""
        build = provenance.get("torch") or {}
        name = (provenance.get("cpu") or {}).get("name")
        return cls(
            str(provenance.get("machine") or ""),
            str(name or ""),
            device,
            threads,
            f"{build.get('version') or ''} {build.get('git') or ''}".strip(),
        )

    @property
    def key(self) -> str:
        """16 hexadecimal digits that stand for this place."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class NoiseFloor:
    """What comparisons of equal code came to at one place.

    Attributes:
        place: where.
        taken: when, ISO 8601 in UTC.
        spread: root mean square over cells of the standard deviation of log(B/A) over pairs that took turns.
        apart: the same of pairs measured at different times, as in two runs one after the other; no less than `spread`.
        degrees: degrees of freedom behind it: (pairs - 1) a cell. Cells of one process share part of their noise, so these are
            somewhat too many.
        pairs: of processes.
        cells: in each process.
    """

    place: Place
    taken: str
    spread: float
    apart: float
    degrees: int
    pairs: int
    cells: int

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: a number that no measurement gives.
        """
        if not (0 <= self.spread <= self.apart <= _LARGEST and min(self.degrees, self.pairs, self.cells) >= 1):
            raise ValueError(f"no noise floor: {self}")
        datetime.fromisoformat(self.taken)

    def half_width(self, processes: int, *, in_turns: bool = True) -> float:
        """Of the interval that a comparison of equal code has with so many processes on each side, relative."""
        from benchmarks.statistics import student_quantile

        spread = self.spread if in_turns else self.apart
        return math.expm1(student_quantile(processes - 1) * spread / math.sqrt(processes))

    def detection_limit(self, processes: int, threshold: float = THRESHOLD, *, in_turns: bool = True) -> float:
        """The smallest relative change that is found in 4 of 5 cases, in a cell that is judged by itself.

        Args:
            processes: on each side; 2 or more.
            threshold: of the comparison.
            in_turns: whether the sides take turns, or are runs measured one after the other.
        """
        from benchmarks.comparison import Difference, detection_limit

        error = self._bound(self.spread if in_turns else self.apart) / math.sqrt(processes)
        theta = max(threshold, self.half_width(processes, in_turns=in_turns))
        return math.expm1(detection_limit(Difference(0, 0, 0, 1, error, processes - 1), math.log1p(theta)))

    def _bound(self, spread: float) -> float:
        """The upper end of a spread's one-sided interval, from the law of its square."""
        from scipy.special import chdtri

        return spread * math.sqrt(self.degrees / float(chdtri(self.degrees, BOUND)))

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `from_json` gives back an equal one."""
        return asdict(self)

    def figures(self) -> dict[str, dict[str, float]]:
        """Half-width and detection limit for each of `PROCESSES`, as a JSON object."""
        return {
            "half_width": {str(processes): self.half_width(processes) for processes in PROCESSES},
            "detection_limit": {str(processes): self.detection_limit(processes) for processes in PROCESSES},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "NoiseFloor":
        """The noise floor of a JSON object.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        names = ("taken", "spread", "apart", "degrees", "pairs", "cells")
        return cls(Place(**values["place"]), **{name: values[name] for name in names})


def noise_floor_of(header: Mapping[str, Any]) -> NoiseFloor | None:
    """The noise floor in the content of a `run.json`; None where it holds none, or none that can be read."""
    try:
        return NoiseFloor.from_json(header["noise_floor"])
    except (KeyError, TypeError, ValueError):
        return None
