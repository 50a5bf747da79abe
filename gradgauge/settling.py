"""Two versions are screened with a few pairs of fresh processes; suspects are measured again with more, and judged by these.

See `gradgauge.versions` for the folder that both leave behind.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.doctor.book import Progress as Examining
from benchmarks.doctor.examination import examine
from benchmarks.doctor.finding import Level
from benchmarks.doctor.known import kept_here
from benchmarks.doctor.noise import PROCESSES, NoiseFloor
from benchmarks.journal import Progress
from benchmarks.records import CONTRACT, FolderError
from benchmarks.request import Request, UsageError
from benchmarks.runner import RunResult, expected_seconds, plan, reopen
from benchmarks.turns import measure_in_turns
from benchmarks.verdicts import FAILED, INTERRUPTED
from benchmarks.versions import unfit
from gradgauge.contenders import holds_run
from gradgauge.judging import Judging
from gradgauge.progress import written
from reports.appearing import appearing
from reports.compare import Comparison
from reports.compare.settling import settled, suspects
from reports.text import count, listed

SCREENING, SETTLING = PROCESSES
"""Pairs of fresh processes: for all cells, and for suspects."""

SIDES = ("base", "new")
"""Names of the run folders of the screening."""

_AGAIN = ("base-again", "new-again")
_NOISE_FLOOR = "noise-floor.json"


@dataclass(frozen=True)
class Told:
    """Who hears how a comparison of versions goes on.

    Attributes:
        say: is given lines for people.
        measuring: a context whose function hears of every cell.
        examining: a context whose function hears how the measurement of equal code goes on.
    """

    say: Callable[[object], None]
    measuring: Callable[[], AbstractContextManager[Progress]]
    examining: Callable[[], AbstractContextManager[Examining]]


@dataclass(frozen=True)
class Contested:
    """What became of a comparison of versions.

    Attributes:
        out: its folder.
        comparison: None where it was interrupted.
        failed: whether a cell failed.
        seconds: it took to measure.
    """

    out: Path
    comparison: Comparison | None
    failed: bool = False
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """130 where it was interrupted; 4 where nothing could be compared; 1 for a loss; 3 where a cell failed; else 0."""
        if self.comparison is None:
            return INTERRUPTED
        return self.comparison.exit_code or (FAILED if self.failed else 0)

    @property
    def begun(self) -> bool:
        """Whether there is anything to go on with."""
        return all(holds_run(self.out / side) for side in SIDES)


def measured(out: Path, requests: Sequence[Request], judging: Judging, told: Told) -> Contested:
    """Screen both versions, settle the suspects, and compare.

    Args:
        out: folder of the comparison.
        requests: what is asked of each side, see `begun` and `resumed`.
        judging: what counts as a change.
        told: who hears how it goes on.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    try:
        if not any(unfit(request.estimators_from) for request in requests):
            judging = _with_noise_floor(out, requests[0], judging, told)
        return _screened_and_settled(out, requests, judging, told)
    except KeyboardInterrupt:
        return Contested(out, None)


def _screened_and_settled(out: Path, requests: Sequence[Request], judging: Judging, told: Told) -> Contested:
    results = _in_turns(requests, told)
    if _interrupted(results):
        return Contested(out, None)
    screened, again = judging.compared(*(result.folder for result in results)), None
    chosen = to_settle(out, suspects(screened))
    if chosen:
        told.say(f"{count(len(chosen), 'suspect')}: measured again in {SETTLING} pairs of fresh processes")
        fresh = _in_turns([_once_more(request, out / name, chosen) for request, name in zip(requests, _AGAIN, strict=True)], told)
        if _interrupted(fresh):
            return Contested(out, None)
        again, results = judging.compared(*(result.folder for result in fresh)), [*results, *fresh]
    failed = any(result.exit_code == FAILED for result in results)
    return Contested(out, settled(screened, again), failed, sum(result.seconds for result in results))


def _in_turns(requests: Sequence[Request], told: Told) -> list[RunResult]:
    told.say(expectation(requests))
    with told.measuring() as progress:
        results = measure_in_turns(requests, progress)
    for note in (note for result in results for note in result.damage):
        told.say(note)
    return results


def to_settle(out: Path, suspected: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The cells that a comparison judges by fresh processes: once these are being measured, they stay chosen.

    Args:
        out: folder of the comparison.
        suspected: (estimator, problem) of the cells that the screening makes suspects by the threshold and noise floor of now.

    Raises:
        UsageError: other cells are suspects now than were then; they would be left without a verdict.
    """
    begun = [name for name in _AGAIN if holds_run(out / name)]
    if not begun:
        return tuple(suspected)
    chosen = reopen(out / begun[0], {}).pairs
    strangers = [f"{estimator} on {problem}" for estimator, problem in suspected if (estimator, problem) not in chosen]
    if strangers:
        raise UsageError(
            f"{out} has measured other suspects again, but not {listed(strangers)}: give the --threshold and --noise-floor that "
            "it had before, or start a new comparison"
        )
    return chosen


def _once_more(request: Request, folder: Path, chosen: Sequence[tuple[str, str]]) -> Request:
    """The request for suspects: their times alone, and the contract where it was part of the screening."""
    if holds_run(folder):
        return reopen(folder, {})
    measures = tuple(kind for kind in request.measures if kind in (CONTRACT, "cost"))
    return replace(request, pairs=tuple(chosen), measures=measures, processes=SETTLING, out=folder, resume=None)


def _with_noise_floor(out: Path, request: Request, judging: Judging, told: Told) -> Judging:
    """Measure equal code where no noise floor is kept for this place, so that no verdict is printed without one.

    It is noted in the folder of the comparison: that of a machine that is not fit is kept nowhere else, and a comparison that
    goes on is judged by what its suspects were chosen by.
    """
    if judging.noise_floor is not None or "cost" not in request.measures:
        return judging
    note = out / _NOISE_FLOOR
    if note.is_file():
        return replace(judging, measured=_noted(note))
    if kept_here(request.device, request.threads):
        return judging
    told.say("no noise floor is kept for this place: `gradgauge doctor` measures it first, for about a minute")
    with told.examining() as progress:
        diagnosis = examine(device=request.device, threads=request.threads, progress=progress)
    for finding in diagnosis.findings:
        if finding.level is Level.BAD:
            told.say(f"doctor, {finding.check}: {finding.said}\n{finding.advice}")
    if (floor := diagnosis.floor) is not None:
        text = json.dumps(floor.to_json()) + "\n"
        appearing(note, lambda path: path.write_text(text, encoding="utf-8"))
    return replace(judging, measured=diagnosis.floor)


def _noted(note: Path) -> NoiseFloor:
    try:
        return NoiseFloor.from_json(json.loads(note.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise FolderError(f"{note} holds no noise floor: {error}") from None


def expectation(requests: Sequence[Request]) -> str:
    """How many cells there are to measure on both sides, and how long that is expected to take."""
    cells = sum(len(plan(request).cells) for request in requests)
    seconds = sum(expected_seconds(request) for request in requests)
    return f"{count(cells, 'cell')} in {count(requests[0].processes, 'pair')} of fresh processes, about {written(seconds)}"


def _interrupted(results: Sequence[RunResult]) -> bool:
    return any(result.exit_code == INTERRUPTED for result in results)
