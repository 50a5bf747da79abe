"""What an examination comes to, and whether its noise floor is kept."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.doctor import store
from benchmarks.doctor.finding import Finding, Level
from benchmarks.doctor.noise import NoiseFloor, Place

UNKEPT = "noise floor"
"""The check of a finding that says why the noise floor could not be kept."""


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
    if floor is None or not diagnosis.fit:
        return diagnosis
    if folder is None:
        return _not_kept(diagnosis, "there is no folder to keep it in, for want of a home directory", "Set XDG_STATE_HOME")
    if not store.better(floor, store.kept(floor.place, folder)):
        return diagnosis
    try:
        return replace(diagnosis, kept=store.keep(floor, folder))
    except OSError as error:
        said = f"it could not be kept in {folder}: {error.strerror}"
        return _not_kept(diagnosis, said, "Make that folder writable, or set XDG_STATE_HOME")


def _not_kept(diagnosis: Diagnosis, said: str, advice: str) -> Diagnosis:
    until = f"{advice}; until then give --noise-floor to `gradgauge compare`."
    return replace(diagnosis, findings=(*diagnosis.findings, Finding(UNKEPT, Level.CAUTION, said, until)))
