"""How often the intervals of a comparison hold the truth, by simulation, for every number of processes from 6 to 20.

    python -m benchmarks.validation.coverage --out docs/reproductions/verdicts

Two sides of equal things: the logarithm of each process's median is normal, and where there are spikes a process in ten is slower
by up to a half besides. Judged by `benchmarks.comparison` itself, in pairs and not, Student's interval beside the one from ranks
(Hodges-Lehmann), with which it shares its draws. Coverage does not depend on the spread, so there is one.
"""

import argparse
import itertools
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparison import Difference, paired, unpaired
from benchmarks.validation.pace import Pace, Say, say
from benchmarks.validation.tables import write

PROCESSES = range(6, 21)
"""On each side."""

SPREAD = 0.01
"""Standard deviation of the logarithm of a process's median."""

SPIKE, LARGEST = 0.1, 0.5
"""Share of processes that are slower, and by how much at most: the size is uniform."""

COMPARISONS = 20_000
"""Of each kind: the binomial standard error of a coverage of 95 % is 0.15 %."""

LEAST, MOST = 0.93, 0.98
"""Coverage that is asked for: the least everywhere, the most where nothing spikes."""

ERRORS = 4.0
"""Standard errors that a coverage must stay away from its bound, so that it is shown and no luck."""

COMPARES: dict[str, Callable[..., Difference]] = {"pairs": paired, "no pairs": unpaired}


@dataclass(frozen=True)
class Coverage:
    """One line of the table.

    Attributes:
        compared: a key of `COMPARES`.
        spikes: share of processes that spike.
        processes: on each side.
        comparisons: how many were simulated.
        coverage: share of them whose interval holds the truth.
        error: its standard error.
        half_width: the median one, relative.
        rank_coverage: the same of the interval from ranks.
        rank_half_width: the same of the interval from ranks.
        shown: whether the coverage lies within its bounds, `ERRORS` standard errors away from them.
    """

    compared: str
    spikes: float
    processes: int
    comparisons: int
    coverage: float
    error: float
    half_width: float
    rank_coverage: float
    rank_half_width: float
    shown: bool


def simulated(compared: str, spikes: float, processes: int, comparisons: int) -> Coverage:
    """One line of the table, from draws that are fixed by what it is about.

    Args:
        compared: a key of `COMPARES`.
        spikes: share of processes that spike.
        processes: on each side; 6 or more.
        comparisons: how many to simulate.
    """
    rng = np.random.default_rng([list(COMPARES).index(compared), round(1000 * spikes), processes])
    sides = ((_medians(rng, spikes, processes), _medians(rng, spikes, processes)) for _ in range(comparisons))
    found = [COMPARES[compared](*both) for both in sides]
    student = np.array([(one.low, one.high) for one in found])
    ranks = np.array([(one.robust.low, one.robust.high) for one in found if one.robust], dtype=np.float64)
    covered = _covered(student)
    error = math.sqrt(covered * (1 - covered) / comparisons)
    return Coverage(
        compared=compared,
        spikes=spikes,
        processes=processes,
        comparisons=comparisons,
        coverage=covered,
        error=error,
        half_width=_half_width(student),
        rank_coverage=_covered(ranks),
        rank_half_width=_half_width(ranks),
        shown=covered - ERRORS * error >= LEAST and (spikes > 0 or covered + ERRORS * error <= MOST),
    )


def _medians(rng: np.random.Generator, spikes: float, processes: int) -> NDArray[np.float64]:
    """[processes] medians of the processes of one side."""
    slower = 1 + (rng.random(processes) < spikes) * rng.uniform(0, LARGEST, processes)
    medians: NDArray[np.float64] = np.exp(rng.normal(0, SPREAD, processes)) * slower
    return medians


def _covered(intervals: NDArray[np.float64]) -> float:
    """Share of [N, 2] intervals of a logarithm that hold the truth, which is 0."""
    return float(((intervals[:, 0] <= 0) & (intervals[:, 1] >= 0)).mean())


def _half_width(intervals: NDArray[np.float64]) -> float:
    """The median half-width of [N, 2] intervals of a logarithm, relative."""
    return float(np.median(np.expm1((intervals[:, 1] - intervals[:, 0]) / 2)))


def run(out: Path, tell: Say, comparisons: int = COMPARISONS, counts: Sequence[int] = PROCESSES) -> int:
    """Simulate every line and write the table.

    Args:
        out: folder for `coverage.csv` and `coverage.json`.
        tell: takes lines about how far it has come.
        comparisons: of each kind.
        counts: of processes.

    Returns:
        The exit code: 0 if every coverage is shown to lie within its bounds, else 1.
    """
    kinds = list(itertools.product(COMPARES, (0.0, SPIKE), counts))
    pace, lines = Pace(len(kinds), 0, tell), []
    for compared, spikes, processes in kinds:
        lines.append(simulated(compared, spikes, processes, comparisons))
        pace.show(len(lines), "coverages")
    write(out, "coverage", [asdict(line) for line in lines])
    return int(not all(line.shown for line in lines))


def main() -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(description="Simulate how often the intervals of a comparison hold the truth.")
    parser.add_argument("--out", type=Path, required=True, help="folder for coverage.csv")
    return run(parser.parse_args().out, say)


if __name__ == "__main__":
    sys.exit(main())
