"""The command `profile`: one estimator on one problem, as a folder with a trace and a page, and an exit code."""

import sys
from typing import Any

from benchmarks.journal import Progress
from benchmarks.profiling.session import Profiled, asked_of
from benchmarks.profiling.session import profile as profile_request
from benchmarks.request import UsageError
from gradgauge.output import say
from gradgauge.progress import shown


def profile(estimator: str, problem: str, **options: Any) -> int:
    """Profile, write the page, and say what was found.

    Args:
        estimator: a spec.
        problem: a spec.
        **options: see `made`.

    Returns:
        The exit code.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    from reports.profiling import words
    from reports.profiling.page import write_profile
    from reports.profiling.shown import read

    with shown(sys.stderr) as progress:
        done = made(estimator, problem, progress, **options)
    if done.reason:
        say(f"no profile: {done.reason}", sys.stderr)
        say(f"what was measured before is in {done.folder}", sys.stderr)
        return done.exit_code
    found = read(done.folder)
    say(words.headline(found))
    say(words.lead(found))
    say(f"the page is {write_profile(done.folder).resolve()}")
    return done.exit_code


def made(estimator: str, problem: str, progress: Progress, **options: Any) -> Profiled:
    """Run and profile.

    Args:
        estimator: a spec; objects cannot be profiled, since that is done in processes of its own.
        problem: a spec.
        progress: is told how far it has come.
        **options: `device`, `threads`, `seed`, `data` and `out`, or None for what is usual.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    from gradgauge.asked import request_of

    for name, spec in (("estimator", estimator), ("problem", problem)):
        if not isinstance(spec, str):
            raise UsageError(f"{name} must be a spec (a text), got {type(spec).__name__}: it is profiled in another process")
    given = {name: value for name, value in options.items() if value is not None}
    return profile_request(request_of({**asked_of(estimator, problem), **given}), progress)
