"""Everything that limits what a report says, in order."""

from benchmarks.records import CONTRACT, TRAINING
from reports.findings import cells, runs, training
from reports.findings.boards import boards
from reports.findings.notice import Notice
from reports.frames import Results

__all__ = ["Notice", "notices"]

_SINGLE = "Each cell was measured in one process: intervals hold within this process, and two processes may differ."


def notices(results: Results) -> list[Notice]:
    """Everything that limits the report, the grave first."""
    found = [
        *cells.outcomes(results),
        *runs.shards(results),
        *runs.budget(results),
        *cells.memories(results),
        *runs.damage(results),
        *cells.marks(results),
        *cells.peaks(results),
        *runs.code(results),
        *runs.unlike(results),
        *runs.gpus(results),
        *boards(results),
        *runs.noise(results),
        *cells.within_noise(results),
        *training.rates(results),
        *training.repetitions(results),
    ]
    if results.single and not results.cells["kind"].isin((CONTRACT, TRAINING)).all():
        found.append(Notice(False, _SINGLE))
    return sorted(found, key=lambda notice: not notice.grave)
