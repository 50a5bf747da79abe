"""What a check found, how bad it is, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad a finding is."""

    FINE = "fine"
    CAUTION = "caution"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One result of one check.

    Attributes:
        check: which.
        level: `BAD` where measurements made now would mislead; `CAUTION` where they hold with what is said.
        said: what was seen, with its figures.
        advice: what to do, also where all is fine.
        facts: the figures, as JSON values.
    """

    check: str
    level: Level
    said: str
    advice: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {**vars(self), "level": self.level.value, "facts": dict(self.facts)}


def share(value: float) -> str:
    """A share as a percentage with two digits: `0.34 %`, `2.1 %`, `52 %`, `over 100 %`."""
    percent = 100 * value
    if percent > 100:
        return "over 100 %"
    return f"{percent:.0f} %" if abs(percent) >= 9.95 else f"{percent:.1f} %" if abs(percent) >= 0.995 else f"{percent:.2g} %"
