"""By how much two runs of equal code differ where a report's runs were measured."""

from benchmarks.doctor.noise import PROCESSES, noise_floor_of
from reports.frames import Results


def floor_of(results: Results) -> float | None:
    """The largest noise floor of the runs, relative: half the 95 % interval of a comparison, with few processes on each side.

    Returns:
        None where `gradgauge doctor` had measured it for none of them.
    """
    known = [noise_floor_of(run.header) for run in results.runs]
    widths = [floor.half_width(PROCESSES[0], in_turns=False) for floor in known if floor is not None]
    return max(widths, default=None)
