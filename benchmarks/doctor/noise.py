"""Equal code against equal code: by how much two runs of the same thing differ here, and which change would be found.

The same cells are timed in pairs of fresh processes, one called A and one B, in the order A B, B A, A B, ... What a comparison
finds between A and B is noise. From the spread of log(B/A) over pairs, pooled over cells,

    half-width      t(P - 1) · spread / √P: of the 95 % interval of a comparison with P processes on each side
    detection limit the smallest change of at least theta that such a comparison finds in 4 of 5 cases, theta being the larger of
                    the threshold and the half-width

The limit takes the spread at the upper end of what the pairs leave open (`BOUND`), because few pairs often show too little: with
the spread as it was seen, changes of that size would be found less often than it says.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from benchmarks.comparison import Difference, Verdict, benjamini_hochberg, detection_limit, paired, verdict
from benchmarks.doctor.finding import Finding, Level, share
from benchmarks.statistics import student_quantile

THRESHOLD = 0.03
"""The relative change that matters unless a comparison is told otherwise; a test holds it to that of `reports.compare`."""

BOUND = 0.9
"""Chance that the spread taken for the detection limit is no less than the true one."""

PROCESSES = (6, 20)
"""Processes on each side for which the figures are shown: to screen, and to settle."""

UNFIT = 0.1
"""A machine that cannot find a change of this size with the larger number of processes is not fit to compare."""


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
        spread: root mean square over cells of the standard deviation of log(B/A) over pairs.
        degrees: degrees of freedom behind it: (pairs - 1) a cell. Cells of one process share part of their noise, so these are
            somewhat too many.
        pairs: of processes.
        cells: in each process.
    """

    place: Place
    taken: str
    spread: float
    degrees: int
    pairs: int
    cells: int

    def __post_init__(self) -> None:
        """Check the bounds.

        Raises:
            ValueError: a number that no measurement gives.
        """
        if not (math.isfinite(self.spread) and self.spread >= 0 and min(self.degrees, self.pairs, self.cells) >= 1):
            raise ValueError(f"no noise floor: {self}")
        datetime.fromisoformat(self.taken)

    def half_width(self, processes: int) -> float:
        """Of the interval that a comparison of equal code has with so many processes on each side, relative."""
        return math.expm1(student_quantile(processes - 1) * self.spread / math.sqrt(processes))

    def detection_limit(self, processes: int, threshold: float = THRESHOLD) -> float:
        """The smallest relative change that is found in 4 of 5 cases, in a cell that is judged by itself.

        Args:
            processes: on each side; 2 or more.
            threshold: of the comparison.
        """
        error = self._spread_bound() / math.sqrt(processes)
        theta = max(threshold, self.half_width(processes))
        return math.expm1(detection_limit(Difference(0, 0, 0, 1, error, processes - 1), math.log1p(theta)))

    def _spread_bound(self) -> float:
        """The upper end of the spread's one-sided interval, from the law of its square."""
        from scipy.special import chdtri

        return self.spread * math.sqrt(self.degrees / float(chdtri(self.degrees, BOUND)))

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `from_json` gives back an equal one, and the figures beside it are for readers."""
        return {
            **asdict(self),
            "half_width": {str(processes): self.half_width(processes) for processes in PROCESSES},
            "detection_limit": {str(processes): self.detection_limit(processes) for processes in PROCESSES},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "NoiseFloor":
        """The noise floor of a JSON object.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        names = ("taken", "spread", "degrees", "pairs", "cells")
        return cls(Place(**values["place"]), **{name: values[name] for name in names})


def noise_floor_of(header: Mapping[str, Any]) -> NoiseFloor | None:
    """The noise floor in the content of a `run.json`; None where it holds none, or none that can be read."""
    try:
        return NoiseFloor.from_json(header["noise_floor"])
    except (KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True)
class EqualCode:
    """A comparison of equal code.

    Attributes:
        floor: what it comes to.
        verdicts: cell -> what a comparison calls the difference between A and B: noise, so never more or less.
        differences: cell -> that difference.
    """

    floor: NoiseFloor
    verdicts: Mapping[str, Verdict]
    differences: Mapping[str, Difference]


def equal_code(place: Place, taken: str, multiples: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> EqualCode:
    """Compare A with B.

    Args:
        place: where they were measured.
        taken: when.
        multiples: cell -> (its multiples in the processes called A, in those called B), pair by pair; 2 pairs or more.
    """
    differences = {cell: paired(*sides) for cell, sides in multiples.items()}
    pairs = min(len(sides[0]) for sides in multiples.values())
    squares = [difference.error**2 * len(multiples[cell][0]) for cell, difference in differences.items()]
    degrees = sum(len(sides[0]) - 1 for sides in multiples.values())
    floor = NoiseFloor(place, taken, math.sqrt(sum(squares) / len(squares)), degrees, pairs, len(multiples))
    band = math.log1p(THRESHOLD)
    theta = max(band, math.log1p(floor.half_width(pairs)))
    adjusted = benjamini_hochberg([difference.p for difference in differences.values()])
    called = {
        cell: verdict(*one, band, theta)
        for cell, one in zip(differences, zip(differences.values(), adjusted, strict=True), strict=True)
    }
    return EqualCode(floor, called, differences)


def noise_finding(result: EqualCode) -> Finding:
    """Whether comparisons can be trusted here, and what they can find."""
    floor, (screen, settle) = result.floor, PROCESSES
    halves, limits = ([of(processes) for processes in PROCESSES] for of in (floor.half_width, floor.detection_limit))
    said = (
        f"two runs of equal code differ by up to ±{share(halves[0])} with {screen} processes on each side and "
        f"±{share(halves[1])} with {settle}; a change of {share(limits[0])} or {share(limits[1])} is found in 4 of 5 cases "
        f"(from {floor.pairs} pairs of processes, {floor.cells} cells)"
    )
    facts = {**floor.to_json(), "verdicts": {cell: one.value for cell, one in result.verdicts.items()}}
    different = [cell for cell, one in result.verdicts.items() if one in (Verdict.MORE, Verdict.LESS)]
    if different:
        said = f"equal code was called different in {' and '.join(different)}; {said}"
        advice = "Trust no verdict of this machine as it is now. Free it and try again; if it stays, please report it."
        return Finding("equal code", Level.BAD, said, advice, facts)
    if limits[1] > UNFIT:
        advice = "Free the machine or take another: here not even large changes would be found."
        return Finding("equal code", Level.BAD, said, advice, facts)
    if halves[0] > THRESHOLD:
        advice = f"Compare with --processes {settle}; with {screen} most cells will be undecided."
        return Finding("equal code", Level.CAUTION, said, advice, facts)
    return Finding("equal code", Level.FINE, said, f"Compare with --processes {screen}; settle doubts with {settle}.", facts)
