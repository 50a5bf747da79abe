"""What counts as a change between two runs, with the noise floors that are kept on this machine."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.doctor import store
from benchmarks.doctor.noise import NoiseFloor, Place, noise_floor_of
from reports.compare import THRESHOLD, Comparison, Rule
from reports.compare.comparison import of_sides
from reports.compare.ruling import rule_of
from reports.compare.sides import Side, read
from reports.parts import Header


@dataclass(frozen=True)
class Judging:
    """How runs are judged, whichever they are.

    Attributes:
        threshold: the relative change that matters; None for 3 %.
        noise_floor: half-width of a comparison of equal code on this machine, relative; None for the one that is known: from the
            runs, or else from what `gradgauge doctor` keeps on this machine.
        measured: the noise floor of this place where it was measured and could not be kept.
    """

    threshold: float | None = None
    noise_floor: float | None = None
    measured: NoiseFloor | None = None

    def __post_init__(self) -> None:
        """Check the bounds at once, and not after an hour of measuring.

        Raises:
            ValueError: threshold or noise floor is out of bounds.
        """
        Rule(self._threshold, self.noise_floor)

    @property
    def _threshold(self) -> float:
        return THRESHOLD if self.threshold is None else self.threshold

    def rule(self, base: Side, new: Side) -> Rule:
        """What counts as a change between two runs."""
        return rule_of(base, new, self._threshold, self.noise_floor, self._floor)

    def compared(self, base: str | Path, new: str | Path) -> Comparison:
        """Two run folders compared.

        Raises:
            FolderError: one of them is no run folder or too new, or both are the same.
        """
        sides = read(base, new)
        return of_sides(*sides, self.rule(*sides))

    def _floor(self, header: Header) -> NoiseFloor | None:
        """What a run carries, or else what is kept for its place on this machine, or was measured."""
        threads = (header.get("options") or {}).get("threads") or 1
        cells = header.get("cells") or [{}]
        device = str(cells[0].get("device") or "cpu")  # a GPU by its UUID
        place = Place.of(header.get("provenance") or {}, device, threads)
        return noise_floor_of(header) or store.kept(place, store.home()) or self.measured
