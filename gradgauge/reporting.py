"""The report of runs, with what asv tracked across commits where there is any: for `report`, `run` and `gradgauge.report`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
    """Write the report of one or more runs.

    Args:
        folders: run folders.
        output: see `reports.html.write_report`.
        figures: see `reports.html.write_report`.
        history: see `Asked`.

    Raises:
        FolderError: one of the folders is no run folder, or a newer gradgauge wrote it.
        UsageError: a history was named, and there is none, or the extra that reads it is not installed.
    """
    from gradgauge import recounting
    from reports.html import write_report

    if history is False:
        told = recounting.Told()
    elif history is None:
        told = recounting.here()
    else:
        told = recounting.named(Path(history))
    return Reported(write_report(folders, output, figures, Judging().rule, told.history), told.notes)
