"""Two versions of `estimators`, measured in turns by the running checkout: what is named and asked for becomes what is measured.

A comparison of versions is a folder that holds ordinary run folders,

    base  new               the screening
    base-again  new-again   the suspects, where there are any
    versions                the packages that were taken out of commits
    noise-floor.json        what equal code came to here, where nothing was kept of it and it was measured first

so that nothing is lost when it is interrupted, and each of them can be reported, exported and compared as any run.
`gradgauge.settling` measures them.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.journal import Progress
from benchmarks.records import FolderError, RunFolder
from benchmarks.request import Request, UsageError
from benchmarks.runner import plan, reopen
from gradgauge.asked import request_of
from gradgauge.contenders import Contender, contenders, holds_run
from gradgauge.judging import Judging
from gradgauge.running import cells_of
from gradgauge.settling import SCREENING, SIDES, Contested, Told, expectation, measured


def what_is_measured(asked: Mapping[str, Any]) -> Request:
    """What is measured of each version: by default the suite `versions`, or `custom` where estimators are named.

    Args:
        asked: by the names of `Request`'s fields.

    Raises:
        UsageError: an unknown option, or a value out of bounds.
    """
    suite = "custom" if asked.get("estimators") else "versions"
    return request_of({"suite": suite, "processes": SCREENING, **asked})


def preview(sides: Sequence[Contender], request: Request) -> list[str]:
    """The versions, how long it takes, and the cells that would be measured.

    Raises:
        SpecError, UsageError: something was asked for that cannot be.
    """
    return [*map(str, sides), expectation([request, request]), *cells_of(plan(request))]


def begun(sides: Sequence[Contender], request: Request) -> tuple[Path, list[Request]]:
    """The folder of a new comparison, and what is asked of each side; versions that are commits are taken out into it.

    Raises:
        FolderError: the folder holds a comparison already.
        SpecError, UsageError: something was asked for that cannot be.
    """
    plan(request)  # a wrong spec is found before anything is written
    out = request.out or Path("results") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-versions-{secrets.token_hex(2)}"
    if _taken(out):
        raise FolderError(f"{out} holds a comparison already; finish it with --resume, or choose another folder")
    return out, [
        replace(request, out=out / name, estimators_from=side.folder(out / "versions"))
        for name, side in zip(SIDES, sides, strict=True)
    ]


def resumed(out: Path) -> tuple[Path, list[Request]]:
    """The folder of a comparison that goes on, and what is asked of each side.

    Raises:
        FolderError: it holds no comparison, or one in which nothing was measured.
        UsageError: another commit began it.
    """
    if [holds_run(out / side) for side in SIDES] == [True, False]:
        raise FolderError(f"{out} was interrupted before anything was measured; start it again with --out {out}")
    return out, [reopen(out / side, {}) for side in SIDES]


def quietly(
    base: str | Path | None,
    new: str | Path | None,
    commits: str | None,
    resume: str | Path | None,
    asked: Mapping[str, Any],
    judging: Judging,
    progress: Progress | None,
) -> Contested:
    """Compare two versions for a caller in Python, who is told nothing but the progress.

    Args:
        base: a folder that holds a package `estimators`; None with `commits` or `resume`.
        new: the same of what is compared.
        commits: `A..B`, two versions by their commits.
        resume: folder of a comparison of versions to finish.
        asked: what to measure, by the names of `Request`'s fields.
        judging: what counts as a change.
        progress: hears of every cell; or None.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    hears: Progress = progress or (lambda status: None)
    told = Told(lambda text: None, lambda: nullcontext(hears), lambda: nullcontext(lambda done, total, what: None))
    if resume is not None:
        refuse_beside("resume", base=base, new=new, commits=commits, **asked)
        return measured(*resumed(Path(resume)), judging, told)
    before, after = (None if folder is None else Path(folder) for folder in (base, new))
    return measured(*begun(contenders(before, after, commits), what_is_measured(asked)), judging, told)


def refuse_beside(what: str, **given: object) -> None:
    """Refuse options that have no meaning there.

    Raises:
        UsageError: one of them was given.
    """
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"{name.replace('_', '-')} cannot be given with {what}")


def _taken(out: Path) -> bool:
    """Whether a folder holds a comparison; a first run that was made when its counterpart was not yet, is none and taken away."""
    runs = [RunFolder(out / side) for side in SIDES if holds_run(out / side)]
    return bool(runs) and (len(runs) == len(SIDES) or not runs[0].withdraw())
