"""What comparisons call equal code, and slowdowns of known size: the run folders of `benchmarks.validation.trials`, judged.

Each repetition is one comparison of all cells, judged by `reports.compare` with the noise floor that the doctor measured before,
as `gradgauge compare` would.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.doctor.noise import NoiseFloor
from reports import names
from reports.compare import Rule, compare
from reports.compare.rows import Row

METRIC = "multiple"

BASE, EQUAL, PLANTED = "base", "equal", {"planted-L": 1, "planted-2L": 2}
"""Sides of a repetition; of the planted ones, by how many detection limits they are slowed down."""


@dataclass(frozen=True)
class Judged:
    """One cell of one comparison.

    Attributes:
        repetition: which.
        side: what was compared with the base.
        planted: the slowdown, relative; 0 for equal code.
        row: what it came to.
        rule: by which.
    """

    repetition: int
    side: str
    planted: float
    row: Row
    rule: Rule

    @property
    def verdict(self) -> str:
        """In words: `slower`, `faster`, `same` or `undecided`."""
        return self.row.compared.word(self.row.verdict)

    @property
    def half_width(self) -> float:
        """Of the 95 % interval, relative."""
        difference = self.row.difference
        return self.row.relative((difference.high - difference.low) / 2) - 1

    def values(self) -> dict[str, Any]:
        """As a line of a table."""
        pair, difference = self.row.pair, self.row.difference
        return {
            "repetition": self.repetition,
            "side": self.side,
            "planted": self.planted,
            "estimator": names.estimator(pair.estimator).text,
            "problem": names.problem(pair.problem),
            "ratio": self.row.relative(difference.value),
            "low": self.row.relative(difference.low),
            "high": self.row.relative(difference.high),
            "adjusted_p": self.row.adjusted_p,
            "verdict": self.verdict,
            "theta": self.rule.theta,
            "detection_limit": self.rule.limit,
        }


@dataclass(frozen=True)
class Trials:
    """The run folders of the trials.

    Attributes:
        folder: that holds them.
        note: the content of `trials.json`.
    """

    folder: Path
    note: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Trials":
        """Read the note.

        Raises:
            OSError: there are no trials in the folder.
        """
        return cls(folder, json.loads((folder / "trials.json").read_text(encoding="utf-8")))

    @property
    def floor(self) -> NoiseFloor:
        """The noise floor that was measured before."""
        return NoiseFloor.from_json(self.note["noise_floor"])

    @property
    def processes(self) -> int:
        """On each side."""
        return int(self.note["processes"])

    @property
    def limit(self) -> float:
        """L, relative."""
        return float(self.note["limit"])

    @property
    def rule(self) -> Rule:
        """What counts as a change: what `gradgauge compare` takes where it knows that noise floor."""
        return Rule.of(self.floor, self.processes)

    def judged(self) -> Iterator[Judged]:
        """Every cell of every comparison that was measured to its end, in order."""
        for number, repetition in enumerate(sorted(self.folder.glob("repetition-*"))):
            for side in (EQUAL, *PLANTED):
                if (repetition / side / "run.json").exists():
                    planted = PLANTED.get(side, 0) * self.limit
                    compared = compare(repetition / BASE, repetition / side, self.rule)
                    for row in compared.rows:
                        if row.compared.metric == METRIC and row.counts == (self.processes, self.processes):
                            yield Judged(number, side, planted, row, self.rule)
