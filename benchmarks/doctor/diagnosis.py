"""What an examination comes to, and whether its noise floor is kept."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.doctor import store
from benchmarks.doctor.finding import Finding, Level
from benchmarks.doctor.noise import NoiseFloor, Place


@dataclass(frozen=True)
class Diagnosis:
    """What an examination comes to.

    Attributes:
        place: which machine, device, threads and torch; None where no worker could be started.
        findings: of all checks.
        floor: the noise floor; None where it could not be measured.
        kept: the file it is kept in; None where it is not.
        seconds: that it took.
    """

    place: Place | None
    findings: tuple[Finding, ...]
    floor: NoiseFloor | None
    kept: Path | None
    seconds: float

    @property
    def fit(self) -> bool:
        """Whether no finding is bad."""
        return all(finding.level is not Level.BAD for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "fit": self.fit,
            "place": None if self.place is None else vars(self.place),
            "findings": [finding.to_json() for finding in self.findings],
            "noise_floor": None if self.floor is None else {**self.floor.to_json(), **self.floor.figures()},
            "kept": None if self.kept is None else str(self.kept),
            "seconds": self.seconds,
        }


def with_floor_kept(diagnosis: Diagnosis, folder: Path | None) -> Diagnosis:
    """Keep the noise floor of a fit machine, unless a more thorough one is kept; where it cannot be written, say so.

    Args:
        diagnosis: of which nothing is kept yet.
        folder: see `store.home`.
    """
    floor = diagnosis.floor
    if floor is None or not diagnosis.fit or folder is None or not store.better(floor, store.kept(floor.place, folder)):
        return diagnosis
    try:
        return replace(diagnosis, kept=store.keep(floor, folder))
    except OSError as error:
        said = f"it could not be kept in {folder}: {error.strerror}"
        advice = "Make that folder writable, or set XDG_STATE_HOME; until then give --noise-floor to `gradgauge compare`."
        more = Finding("noise floor", Level.CAUTION, said, advice)
        return replace(diagnosis, findings=(*diagnosis.findings, more))
