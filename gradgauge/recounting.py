"""The command `history`: asv's results and run folders as one page, in the order of git; and what a report holds of it."""

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commit_log import logged
from benchmarks.request import UsageError
from benchmarks.verdicts import NOTHING
from gradgauge.output import say
from reports.history import THRESHOLD, Commit, History, asv_config, asv_results, gathered, runs
from reports.history.findings import headline
from reports.history.landing import LandingError, write_landing
from reports.history.page import write_history
from reports.text import count

HERE = Path()

_NEEDS = "the extra `history`, which is not installed: pip install 'gradgauge[history]', or pip install asv beside a checkout"


@dataclass(frozen=True)
class Told:
    """The history that a report holds.

    Attributes:
        history: None for none.
        notes: lines for people on it.
    """

    history: History | None = None
    notes: tuple[str, ...] = ()


def recount(results: Sequence[Path], asv: Path | None, threshold: float | None, output: Path, *, landing: bool = False) -> int:
    """Write the page of a history, and print what it says first.

    Args:
        results: see `history_of`.
        asv: see `history_of`.
        threshold: see `history_of`; None for asv's own.
        output: the page.
        landing: whether `index.html` is written beside it.

    Returns:
        The exit code: 4 where there is nothing to show, else 0.

    Raises:
        UsageError: see `history_of`; or there is another `index.html`.
        FolderError: one of `results` is no run folder, nor holds one.
    """
    history = history_of(results, asv, THRESHOLD if threshold is None else threshold)
    for note in history.notes:
        say(note, sys.stderr)
    if not history.lines:
        say(_nothing(results, asv), sys.stderr)
        return NOTHING
    say(headline(history))
    say(write_history(history, output))
    if landing:
        try:
            say(write_landing(output.parent))
        except LandingError as error:
            raise UsageError(str(error)) from None
    return 0


def history_of(results: Sequence[Path], asv: Path | None, threshold: float = THRESHOLD) -> History:
    """Everything that is tracked in results.

    Args:
        results: run folders, or folders that hold some.
        asv: asv's results, or a folder with an `asv.conf.json`. Where neither this nor `results` is given, this folder.
        threshold: the relative change of level that counts, for what is not exact.

    Raises:
        UsageError: asv is not installed, or its folder is none.
        FolderError: one of `results` is no run folder, nor holds one.
    """
    if not _readable():
        raise UsageError(f"history needs {_NEEDS}")
    folders = [folder for path in results for folder in runs.folders_of(path)]
    read, checkout, url = asv_results.Read((), ()), HERE, ""
    if asv is not None or not results:
        try:
            found = asv_config.configured(HERE if asv is None else asv)
        except asv_config.ConfigError as error:
            raise UsageError(f"asv: {error}") from None
        read, checkout, url = asv_results.read(found.results), found.checkout or HERE, found.url
    measured = runs.read(folders)
    everything = (*read.found, *measured.found)
    log = [Commit(one.hash, one.date, one.subject, logged=True) for one in logged(checkout, {one.commit for one in everything})]
    return gathered(everything, log, (*read.notes, *measured.notes), url, threshold)


def named(asv: Path) -> Told:
    """What the results of asv that were named have, for a report.

    Args:
        asv: see `history_of`.

    Raises:
        UsageError: see `history_of`; or there is nothing.
    """
    history = history_of([], asv)
    if not history.lines:
        raise UsageError(f"history: no tracked number in {asv}; measure with `asv run`")
    return Told(history, (f"The report holds the history of {asv}: {_extent(history)}.",))


def here(folder: Path = HERE) -> Told:
    """What asv has of the working directory, for a report that was told of nothing: none where there are no results.

    Args:
        folder: the working directory.
    """
    if not asv_config.has_config(folder):
        return Told()
    if not _readable():
        if not asv_config.seems_to_have_results(folder):
            return Told()
        return Told(notes=(f"The report holds no history across commits: to read asv's results here takes {_NEEDS}.",))
    try:
        history = history_of([], folder)
    except (UsageError, OSError) as error:
        return Told(notes=(f"The report holds no history across commits: {error}.",))
    if not history.lines:
        return Told()
    leave_out = "`gradgauge report --no-history` leaves it out"
    return Told(history, (f"The report holds the history of asv's results in this folder: {_extent(history)} ({leave_out}).",))


def _readable() -> bool:
    """Whether asv, which reads its own results, is installed."""
    return importlib.util.find_spec("asv") is not None


def _extent(history: History) -> str:
    return f"{count(len(history.lines), 'tracked number')} over {count(len(history.commits), 'commit')}"


def _nothing(results: Sequence[Path], asv: Path | None) -> str:
    """Why there is nothing, and what would be something."""
    where = [*map(str, results), *([f"asv's results of {asv or 'this folder'}"] if asv is not None or not results else [])]
    return (
        f"No tracked number in {' and '.join(where)}: measure with `asv run`, or name run folders of several commits "
        "(`gradgauge run`), or asv's results (`--asv DIR`)."
    )
