"""Equal code against equal code: what a comparison finds between two runs of the same thing is noise.

The same cells are timed in pairs of fresh processes, one called A and one B, that take turns as `benchmarks.turns` has them: A B,
B A, A B, ... The spread of log(B/A) over pairs makes the noise floor of versions that are measured in turns; the spread of all
processes, minutes apart, that of two runs measured one after the other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from benchmarks.comparison import Difference, Verdict, benjamini_hochberg, paired, verdict
from benchmarks.doctor.finding import Finding, Level, share
from benchmarks.doctor.noise import PROCESSES, THRESHOLD, NoiseFloor, Place

UNFIT = 0.1
"""A machine that cannot find a change of this size with the larger number of processes is not fit to compare."""


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
    variances = [variance(map(math.log, side)) for sides in multiples.values() for side in sides]
    in_turns, apart = math.sqrt(fmean(squares)), math.sqrt(2 * fmean(variances))
    floor = NoiseFloor(place, taken, in_turns, max(in_turns, apart), degrees, pairs, len(multiples))
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
        f"equal code measured in turns differs by up to {share(halves[0])} with {screen} processes on each side and "
        f"{share(halves[1])} with {settle} (half-widths of 95 % intervals); "
        f"a change of {share(limits[0])} or {share(limits[1])} is found in 4 of 5 cases; "
        f"in runs one after the other only {share(floor.detection_limit(screen, in_turns=False))} or "
        f"{share(floor.detection_limit(settle, in_turns=False))} is "
        f"(from {floor.pairs} pairs of processes, {floor.cells} cells)"
    )
    facts = {**floor.to_json(), **floor.figures(), "verdicts": {cell: one.value for cell, one in result.verdicts.items()}}
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
