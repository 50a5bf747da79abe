"""The three metrics that a sweep shows."""

from collections.abc import Callable
from dataclasses import dataclass

from reports.text import number, size, size_tick, tick


@dataclass(frozen=True)
class Course:
    """One metric of a sweep.

    Attributes:
        kind: of measurement.
        metric: the column.
        theory: the column of what it should be, or empty.
        noun: for titles.
        label: of the axis.
        words: how a value is written.
        tick: how it is written at the axis.
        binary: whether the axis counts in powers of two.
        floor: the column of the base forward pass, or empty.
    """

    kind: str
    metric: str
    theory: str
    noun: str
    label: str
    words: Callable[[float | None], str]
    tick: Callable[[float], str]
    binary: bool = False
    floor: str = ""


COURSES = (
    Course("cost", "multiple", "flop_multiple", "runtime multiple", "multiple of the base forward pass", number, tick),
    Course("memory", "peak_bytes", "", "peak of memory", "peak of tensor bytes", size, size_tick, True, "base_peak_bytes"),
    Course("quality", "cosine", "cosine_expected", "mean cosine", "mean cosine similarity", number, tick),
)
