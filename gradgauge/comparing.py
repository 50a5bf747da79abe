"""The command `compare`: two run folders as text, Markdown or JSON, and an exit code that a gate can trust."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.comparison import LEAST_PROCESSES
from benchmarks.doctor import store
from benchmarks.doctor.noise import NoiseFloor, Place, noise_floor_of
from benchmarks.records import RunFolder
from gradgauge.output import say
from reports.appearing import appearing
from reports.compare import THRESHOLD, Comparison, Rule, compare
from reports.compare.sections import outcome
from reports.compare.show import SHOWN


@dataclass(frozen=True)
class Printing:
    """What counts as a change, and how a comparison is printed.

    Attributes:
        threshold: the relative change that matters; None for 3 %.
        noise_floor: half-width of a comparison of equal code on this machine, relative; None for the one that is known.
        style: a key of `reports.compare.show.SHOWN`.
        output: the file to write, or None for standard output.
        measured: the noise floor of this place where it was measured and could not be kept.
    """

    threshold: float | None = None
    noise_floor: float | None = None
    style: str = "text"
    output: Path | None = None
    measured: NoiseFloor | None = None

    def compared(self, base: Path, new: Path) -> Comparison:
        """Two run folders compared.

        Raises:
            FolderError: one of them is no run folder or too new, or both are the same.
        """
        threshold = THRESHOLD if self.threshold is None else self.threshold
        return compare(base, new, rule_of(base, new, threshold, self.noise_floor, self.measured))

    def show(self, comparison: Comparison) -> None:
        """Print a comparison; or write it, and print its last line and where it is."""
        text = SHOWN[self.style](comparison, shutil.get_terminal_size((120, 24)).columns)
        if self.output is None:
            print(text, end="", flush=True)
        else:
            appearing(self.output, lambda path: path.write_text(text, encoding="utf-8", newline="\n"))
            say(f"{outcome(comparison)}\n{self.output}")


def compare_folders(base: Path, new: Path, printing: Printing) -> int:
    """Compare two run folders, and print the comparison.

    Args:
        base: run folder that is compared with.
        new: run folder that is compared.
        printing: what counts as a change, and how it is printed.

    Returns:
        The exit code: 4 where nothing could be compared, 1 for a loss beyond the threshold, else 0.

    Raises:
        FolderError: one of them is no run folder or too new, or both are the same.
    """
    comparison = printing.compared(base, new)
    printing.show(comparison)
    return comparison.exit_code


def rule_of(
    base: str | Path, new: str | Path, threshold: float, noise_floor: float | None, measured: NoiseFloor | None = None
) -> Rule:
    """What counts as a change between two run folders.

    Args:
        base: run folder that is compared with.
        new: run folder that is compared.
        threshold: the relative change that matters.
        noise_floor: as it was given; None for that of the machines they were measured on, where `gradgauge doctor` knows it: from
            the folders, or else from what is kept on this machine. Of two the larger counts.
        measured: what takes the place of what is not known.

    Raises:
        FolderError: one of them is no run folder or too new.
        ValueError: threshold or noise floor is out of bounds.
    """
    if noise_floor is not None:
        return Rule(threshold, noise_floor)
    headers = [RunFolder.open(Path(path)).header() for path in (base, new)]
    options = [header.get("options") or {} for header in headers]
    processes = max(LEAST_PROCESSES, min(option.get("processes") or 1 for option in options))
    floors = [
        noise_floor_of(header)
        or store.kept(Place.of(header.get("provenance") or {}, _device(header), option.get("threads") or 1), store.home())
        or measured
        for header, option in zip(headers, options, strict=True)
    ]
    known = [floor for floor in floors if floor is not None]
    if not known:
        return Rule(threshold)
    turns = {header.get("turns") for header in headers}
    in_turns = len(turns) == 1 and None not in turns
    worst = max(known, key=lambda floor: floor.spread if in_turns else floor.apart)
    return Rule.of(worst, processes, threshold, in_turns=in_turns)


def _device(header: Mapping[str, Any]) -> str:
    """The device that the cells of a run name: a GPU by its UUID."""
    cells = header.get("cells") or [{}]
    return str(cells[0].get("device") or "cpu")
