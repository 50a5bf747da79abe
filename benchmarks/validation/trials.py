"""Equal code against equal code, and against itself with planted slowdowns, many times over; `reports.validation` judges.

    python -m benchmarks.validation.trials --out results/validation

Every repetition times the cells of `cells` in `PROCESSES` fresh processes for each of its sides, in turns (`benchmarks.turns`):
two equal copies of `estimators`, and in every second repetition also a copy slowed by L and one slowed by 2L. L is the detection
limit of the noise floor that the full `gradgauge doctor` measures at the start. What is finished when it is interrupted is kept,
and the same command goes on from there. Beside the run folders, `trials.json` says how they came to be.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.doctor.book import FULL
from benchmarks.doctor.examination import examine
from benchmarks.doctor.noise import NoiseFloor
from benchmarks.doctor.pairs import PRECISION
from benchmarks.interruption import stop_in_order
from benchmarks.journal import Status
from benchmarks.plan import plan
from benchmarks.request import Request
from benchmarks.turns import left, measure_in_turns
from benchmarks.validation.cells import ESTIMATORS, PROBLEMS
from benchmarks.validation.pace import Pace, Say, say
from benchmarks.validation.planting import copied
from benchmarks.validation.tables import origin

REPETITIONS = 10
PROCESSES = 6
"""On each side, in each repetition: what `compare` screens with."""

BASE, EQUAL, PLANTED = "base", "equal", ("planted-L", "planted-2L")
"""Names of the sides, which are those of their folders."""

LIMIT = 120.0
"""Seconds after which a cell is ended; none takes a tenth of it unless something hangs."""

INTERRUPTED = 130
"""Exit code."""

Measure = Callable[[], NoiseFloor]


@dataclass(frozen=True)
class Trials:
    """What is tried.

    Attributes:
        folder: for everything that is measured.
        request: cells, processes and effort; backprop is measured beside the estimators it names.
        repetitions: how often.
    """

    folder: Path
    request: Request
    repetitions: int

    @property
    def note(self) -> Path:
        """The file that says how the folders came to be."""
        return self.folder / "trials.json"

    def sides(self, repetition: int) -> dict[str, Path]:
        """Side -> its run folder, in the order of a turn."""
        names = (BASE, EQUAL, *(() if repetition % 2 else PLANTED))
        return {name: self.folder / f"repetition-{repetition:02}" / name for name in names}


def standard(folder: Path, repetitions: int) -> Trials:
    """The trials whose results are kept: twenty cells, with the effort of the doctor's own comparison of equal code."""
    request = Request(
        suite="custom",
        estimators=ESTIMATORS,
        problems=PROBLEMS,
        measures=("cost",),
        processes=PROCESSES,
        precision=PRECISION,
        budget=FULL.budget,
        timeout=LIMIT,
    )
    return Trials(folder, request, repetitions)


def run(trials: Trials, measure: Measure, tell: Say) -> int:
    """Measure what is not measured yet.

    Args:
        trials: what is tried.
        measure: measures the noise floor; called where none is noted yet.
        tell: takes lines about how far it has come.

    Returns:
        The exit code: that of the worst side, or `INTERRUPTED`.
    """
    trials.folder.mkdir(parents=True, exist_ok=True)
    limit = _noted(trials, measure)["limit"]
    tell(f"planted: L = {100 * limit:.2f} % and twice that")
    shares = dict(zip((BASE, EQUAL, *PLANTED), (None, None, limit, 2 * limit), strict=True))
    asked = [
        [_request(trials, copied(trials.folder / "versions" / side, shares[side]), path) for side, path in sides.items()]
        for sides in map(trials.sides, range(trials.repetitions))
    ]
    sizes = [len(plan(trials.request).cells) * len(requests) for requests in asked]
    missing = [sum(len(left(request).cells) for request in requests) for requests in asked]
    pace, code = Pace(sum(sizes), sum(sizes) - sum(missing), tell), 0
    for repetition, requests in enumerate(asked):
        if missing[repetition]:
            what = f"repetition {repetition + 1} of {trials.repetitions}, cells"
            results = measure_in_turns(requests, partial(_told, pace, sum(sizes[:repetition]), what))
            code = max(code, *(result.exit_code for result in results))
        if code == INTERRUPTED:
            break
    return code


def _noted(trials: Trials, measure: Measure) -> dict[str, Any]:
    """What `trials.json` says, or what it says from now on."""
    if trials.note.exists():
        noted: dict[str, Any] = json.loads(trials.note.read_text(encoding="utf-8"))
        return noted
    floor = measure()
    noted = {
        **origin(),
        "processes": trials.request.processes,
        "noise_floor": floor.to_json(),
        "limit": floor.detection_limit(trials.request.processes),
    }
    trials.note.write_text(json.dumps(noted, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return noted


def _told(pace: Pace, before: int, what: str, status: Status) -> None:
    pace.show(before + status.done, what)


def _request(trials: Trials, version: Path, path: Path) -> Request:
    begun = (path / "run.json").exists()
    return replace(trials.request, estimators_from=version, out=None if begun else path, resume=path if begun else None)


def _floor(tell: Say) -> NoiseFloor:
    """The noise floor of this machine as the full doctor measures it; kept for the user as the doctor keeps it."""
    diagnosis = examine(FULL, progress=lambda done, total, what: tell(f"doctor: {what} ({done + 1} of {total})"))
    if diagnosis.floor is None:
        sys.exit("the noise floor could not be measured: " + "; ".join(finding.said for finding in diagnosis.findings))
    return diagnosis.floor


def main() -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(description="Measure equal code against itself and against planted slowdowns.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the run folders, about 30 MB")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="every second one has planted slowdowns")
    arguments = parser.parse_args()
    stop_in_order()
    try:
        return run(standard(arguments.out, arguments.repetitions), lambda: _floor(say), say)
    except KeyboardInterrupt:  # while nothing was being measured into a run folder
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
