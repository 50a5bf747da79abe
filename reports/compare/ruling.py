"""What counts as a change between two runs: the threshold, and the noise floor that is known of their machines."""

from collections.abc import Callable

from benchmarks.comparison import LEAST_PROCESSES
from benchmarks.doctor.noise import NoiseFloor, noise_floor_of
from reports.compare.rows import THRESHOLD, Rule
from reports.compare.sides import Side
from reports.parts import Header


def rule_of(
    base: Side,
    new: Side,
    threshold: float = THRESHOLD,
    noise_floor: float | None = None,
    floor_of: Callable[[Header], NoiseFloor | None] = noise_floor_of,
) -> Rule:
    """The rule for two runs.

    Args:
        base: the run that is compared with.
        new: the run that is compared.
        threshold: the relative change that matters.
        noise_floor: half-width of a comparison of equal code, relative, as it was given; None for that of the machines the runs
            were measured on, as far as it is known. Of two the larger counts.
        floor_of: the noise floor that is known of a run; by default what the run carries.

    Raises:
        ValueError: threshold or noise floor is out of bounds.
    """
    if noise_floor is not None:
        return Rule(threshold, noise_floor)
    headers = [side.header for side in (base, new)]
    known = [floor for floor in map(floor_of, headers) if floor is not None]
    if not known:
        return Rule(threshold)
    processes = max(LEAST_PROCESSES, min((header.get("options") or {}).get("processes") or 1 for header in headers))
    turns = {header.get("turns") for header in headers}
    in_turns = len(turns) == 1 and None not in turns
    worst = max(known, key=lambda floor: floor.spread if in_turns else floor.apart)
    return Rule.of(worst, processes, threshold, in_turns=in_turns)
