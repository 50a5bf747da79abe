"""What an examination is told to do and has found so far."""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.doctor.finding import Finding, Level

Progress = Callable[[int, int, str], None]
"""Told (steps done, of how many, what comes next)."""


@dataclass(frozen=True)
class Depth:
    """How thoroughly to look.

    Attributes:
        look: seconds of looking on while nothing of ours runs.
        threads: seconds for all numbers of threads together.
        pairs: of processes that time equal code; 2 or more.
        cells: how many of `pairs.CELLS`.
        budget: seconds that the adaptive part of a cell may take.
        counter: seconds for the steps of a GPU's counter of energy.
    """

    look: float
    threads: float
    pairs: int
    cells: int
    budget: float
    counter: float = 3.0


FULL = Depth(look=1.0, threads=3.0, pairs=6, cells=4, budget=0.6)
"""A minute on two quiet cores."""

QUICK = Depth(look=0.3, threads=0.3, pairs=3, cells=3, budget=0.2, counter=1.0)
"""A quarter of a minute; few pairs leave the detection limit wide."""


@dataclass
class Book:
    """What is known so far.

    Attributes:
        depth: how thoroughly to look.
        progress: is told how far it has come.
        findings: in the order in which they were made.
        done: steps.
        on_gpu: whether a GPU is examined, which is a step more.
    """

    depth: Depth
    progress: Progress
    findings: list[Finding] = field(default_factory=list)
    done: int = 0
    on_gpu: bool = False

    def next(self, what: str) -> None:
        """Say what comes next."""
        self.progress(self.done, 5 + self.on_gpu + self.depth.pairs, what)
        self.done += 1

    def lost(self, check: str, error: Exception) -> None:
        """Note that a check could not be made."""
        advice = "Look at the message: the installation of torch, memory or a limit of the system stands in the way."
        self.findings.append(Finding(check, Level.BAD, f"could not be checked: {error}", advice))
