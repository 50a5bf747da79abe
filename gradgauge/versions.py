"""The command `compare` on two versions of `estimators`: measured in turns by the running checkout, and then compared.

All cells are screened with a few pairs of fresh processes; suspects are measured again with more, and judged by these alone. A
comparison is a folder that holds ordinary run folders,

    base  new               the screening
    base-again  new-again   the suspects, where there are any
    versions                the packages that were taken out of commits
    noise-floor.json        what equal code came to here, where nothing was kept of it and it was measured first

so that nothing is lost when it is interrupted, and each of them can be reported, exported and compared as any run.
"""

import json
import secrets
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.doctor.examination import examine
from benchmarks.doctor.finding import Level
from benchmarks.doctor.known import kept_here
from benchmarks.doctor.noise import PROCESSES, NoiseFloor
from benchmarks.records import CONTRACT, FolderError, RunFolder
from benchmarks.request import Request, UsageError
from benchmarks.runner import RunResult, expected_seconds, plan, reopen
from benchmarks.turns import measure_in_turns
from benchmarks.verdicts import FAILED, FINE, INTERRUPTED
from benchmarks.versions import unfit
from gradgauge import doctoring
from gradgauge.asked import request_of
from gradgauge.comparing import Printing, compare_folders
from gradgauge.contenders import contenders, holds_run
from gradgauge.output import say
from gradgauge.progress import shown, written
from gradgauge.running import cells_of
from reports.appearing import appearing
from reports.compare.settling import settled, suspects
from reports.text import count, listed

SCREENING, SETTLING = PROCESSES
"""Pairs of fresh processes: for all cells, and for suspects."""

_SIDES = ("base", "new")
_AGAIN = ("base-again", "new-again")
_NOISE_FLOOR = "noise-floor.json"


def compare(
    base: Path | None,
    new: Path | None,
    commits: str | None,
    resume: Path | None,
    asked: Mapping[str, Any],
    printing: Printing,
    *,
    dry_run: bool,
) -> int:
    """Compare whatever two things are named, and print the comparison.

    Args:
        base: run folder that is compared with, or a folder that holds a package `estimators`; None with `commits` or `resume`.
        new: the same of what is compared.
        commits: `A..B`, two versions by their commits.
        resume: folder of a comparison of versions to finish.
        asked: what to measure of two versions, by the names of `Request`'s fields.
        printing: what counts as a change, and how it is printed.
        dry_run: whether to print what would be measured instead.

    Returns:
        The exit code: 130 where it was interrupted; 4 where nothing could be compared; 1 for a loss beyond the threshold; 3 where
        a cell failed; else 0.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    if resume is not None:
        _refuse_beside("--resume", base=base, new=new, commits=commits, **asked, **({"dry_run": True} if dry_run else {}))
        if [holds_run(resume / side) for side in _SIDES] == [True, False]:
            raise FolderError(f"{resume} was interrupted before anything was measured; start it again with --out {resume}")
        return _measured_and_compared(resume, [reopen(resume / side, {}) for side in _SIDES], printing)
    if base is not None and new is not None and commits is None and holds_run(base) and holds_run(new):
        _refuse_beside("two run folders", **asked, **({"dry_run": True} if dry_run else {}))
        return compare_folders(base, new, printing)
    sides = contenders(base, new, commits)
    request = _request(asked)
    cells = cells_of(plan(request))
    if dry_run:
        for line in (*map(str, sides), _expectation([request, request]), *cells):
            say(line)
        return FINE
    out = request.out or Path("results") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-versions-{secrets.token_hex(2)}"
    if _begun(out):
        raise FolderError(f"{out} holds a comparison already; finish it with --resume, or choose another folder")
    requests = [
        replace(request, out=out / name, estimators_from=side.folder(out / "versions"))
        for name, side in zip(_SIDES, sides, strict=True)
    ]
    for side in sides:
        say(side, sys.stderr)
    return _measured_and_compared(out, requests, printing)


def _begun(out: Path) -> bool:
    """Whether a folder holds a comparison; a first run that was made when its counterpart was not yet, is none and taken away."""
    runs = [RunFolder(out / side) for side in _SIDES if holds_run(out / side)]
    return bool(runs) and (len(runs) == len(_SIDES) or not runs[0].withdraw())


def _request(asked: Mapping[str, Any]) -> Request:
    """What is measured of each version: by default the suite `versions`, or `custom` where estimators are named."""
    suite = "custom" if asked.get("estimators") else "versions"
    return request_of({"suite": suite, "processes": SCREENING, **asked})


def _measured_and_compared(out: Path, requests: Sequence[Request], printing: Printing) -> int:
    try:
        if not any(unfit(request.estimators_from) for request in requests):
            printing = _with_noise_floor(out, requests[0], printing)
        code = _screened_and_settled(out, requests, printing)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        on = f"what was measured is kept; go on with: gradgauge compare --resume {shlex.quote(str(out))}"
        say(f"interrupted; {on if all(holds_run(out / side) for side in _SIDES) else 'nothing was measured'}", sys.stderr)
    return code


def _screened_and_settled(out: Path, requests: Sequence[Request], printing: Printing) -> int:
    results = _in_turns(requests)
    if _interrupted(results):
        return INTERRUPTED
    screened, again = printing.compared(*(result.folder for result in results)), None
    chosen = to_settle(out, suspects(screened))
    if chosen:
        say(f"{count(len(chosen), 'suspect')}: measured again in {SETTLING} pairs of fresh processes", sys.stderr)
        fresh = _in_turns([_once_more(request, out / name, chosen) for request, name in zip(requests, _AGAIN, strict=True)])
        if _interrupted(fresh):
            return INTERRUPTED
        again, results = printing.compared(*(result.folder for result in fresh)), [*results, *fresh]
    comparison = settled(screened, again)
    printing.show(comparison)
    seconds = sum(result.seconds for result in results)
    say(f"measured in {written(seconds)}; the runs are kept in {out}", sys.stderr)
    failed = FAILED if any(result.exit_code == FAILED for result in results) else FINE
    return comparison.exit_code or failed


def _in_turns(requests: Sequence[Request]) -> list[RunResult]:
    say(_expectation(requests), sys.stderr)
    sys.stderr.flush()
    with shown(sys.stderr) as progress:
        results = measure_in_turns(requests, progress)
    for note in (note for result in results for note in result.damage):
        say(note, sys.stderr)
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


def _with_noise_floor(out: Path, request: Request, printing: Printing) -> Printing:
    """Measure equal code where no noise floor is kept for this place, so that no verdict is printed without one.

    It is noted in the folder of the comparison: that of a machine that is not fit is kept nowhere else, and a comparison that
    goes on is judged by what its suspects were chosen by.
    """
    if printing.noise_floor is not None or "cost" not in request.measures:
        return printing
    note = out / _NOISE_FLOOR
    if note.is_file():
        return replace(printing, measured=_noted(note))
    if kept_here(request.device, request.threads):
        return printing
    say("no noise floor is kept for this place: `gradgauge doctor` measures it first, for about a minute", sys.stderr)
    with doctoring.shown() as progress:
        diagnosis = examine(device=request.device, threads=request.threads, progress=progress)
    for finding in diagnosis.findings:
        if finding.level is Level.BAD:
            say(f"doctor, {finding.check}: {finding.said}\n{finding.advice}", sys.stderr)
    if (floor := diagnosis.floor) is not None:
        text = json.dumps(floor.to_json()) + "\n"
        appearing(note, lambda path: path.write_text(text, encoding="utf-8"))
    return replace(printing, measured=diagnosis.floor)


def _noted(note: Path) -> NoiseFloor:
    try:
        return NoiseFloor.from_json(json.loads(note.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise FolderError(f"{note} holds no noise floor: {error}") from None


def _expectation(requests: Sequence[Request]) -> str:
    cells = sum(len(plan(request).cells) for request in requests)
    seconds = sum(expected_seconds(request) for request in requests)
    return f"{count(cells, 'cell')} in {count(requests[0].processes, 'pair')} of fresh processes, about {written(seconds)}"


def _interrupted(results: Sequence[RunResult]) -> bool:
    return any(result.exit_code == INTERRUPTED for result in results)


def _refuse_beside(what: str, **given: object) -> None:
    """Refuse options that have no meaning there.

    Raises:
        UsageError: one of them was given.
    """
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"{name.replace('_', '-')} cannot be given with {what}")
