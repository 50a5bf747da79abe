"""The report of runs, with what asv tracked across commits where there is any: for `report`, `run` and `gradgauge.report`.

The folder of a profile, named alone, has the page of a profile instead: it is that of one gradient, which is nobody's history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.records.profile import holds_profile
from benchmarks.request import UsageError
from gradgauge.judging import Judging

Asked = str | Path | Literal[False] | None
"""Which history a report holds: asv's results or a folder with an `asv.conf.json`; None for those of the working directory, where
there are any; False for none."""


@dataclass(frozen=True)
class Reported:
    """A report that was written.

    Attributes:
        page: its path.
        notes: lines for people: that it holds a history, or why it does not.
    """

    page: Path
    notes: tuple[str, ...]


def report(
    folders: Sequence[str | Path], output: str | Path | None = None, figures: str | Path | None = None, history: Asked = None
) -> Reported:
    """Write the report of one or more runs, or the page of a profile.

    Args:
        folders: run folders; of profiles, too, among several of which each is a run like any other.
        output: see `reports.html.write_report`; by default `profile.html` in the folder of a profile.
        figures: see `reports.html.write_report`.
        history: see `Asked`.

    Raises:
        FolderError: one of the folders is no run folder, or a newer gradgauge wrote it.
        UsageError: a history was named, and there is none, or the extra that reads it is not installed; or a history or a folder
            for figures was named for the page of a profile.
    """
    if len(folders) == 1 and holds_profile(Path(folders[0])):
        return Reported(_of_profile(Path(folders[0]), output, figures, history), ())
    from gradgauge import recounting
    from reports.html import write_report

    if history is False:
        told = recounting.Told()
    elif history is None:
        told = recounting.here()
    else:
        told = recounting.named(Path(history))
    return Reported(write_report(folders, output, figures, Judging().rule, told.history), told.notes)


def _of_profile(folder: Path, output: str | Path | None, figures: str | Path | None, history: Asked) -> Path:
    from reports.profiling.page import write_profile

    if figures is not None or history:
        what = "figures" if figures is not None else "history"
        raise UsageError(f"--{what} is for reports of runs, and {folder} holds a profile: it has one page, with its own figures")
    return write_profile(folder, output)
