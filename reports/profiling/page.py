"""The page of a profile, from its folder: one HTML file like a report, without a verdict."""

from pathlib import Path

from reports import findings
from reports.appearing import appearing
from reports.embedded import Embedded, pack
from reports.profiling import words
from reports.profiling.allocations import allocations
from reports.profiling.ceilings import ceilings
from reports.profiling.phases import phases
from reports.profiling.shown import Shown, read
from reports.profiling.timeline import timeline
from reports.provenance import origin
from reports.shell import render

FILE_NAME = "profile.html"


def write_profile(folder: str | Path, output: str | Path | None = None) -> Path:
    """Write the page of a profile.

    Args:
        folder: of the profile.
        output: the page; by default `profile.html` in the folder. It appears all at once.

    Returns:
        The path of the page.

    Raises:
        FolderError: the folder holds no profile, or something in it cannot be read.
    """
    folder = Path(folder)
    present = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    text = page(read(folder), present, pack([folder]))
    target = folder / FILE_NAME if output is None else Path(output)
    return appearing(target, lambda path: path.write_text(text, encoding="utf-8", newline="\n"))


def page(shown: Shown, present: list[str], data: Embedded | None = None) -> str:
    """The whole page as text.

    Args:
        shown: what it shows.
        present: names of the files in its folder.
        data: the numbers of the run, for the page to hold.
    """
    device = timeline(shown)
    return render(
        "profile.html",
        brand="gradgauge profile",
        headline=words.headline(shown),
        lead=words.lead(shown),
        contents=[
            ("time", "Time"),
            ("operators", "Kernels and operators" if shown.on_device else "Operators"),
            ("memory", "Memory"),
            ("limits", "Ceilings"),
            *([("device", "Device")] if device else []),
            ("files", "Files"),
            ("measured", "Without a profiler"),
            ("method", "Method"),
            ("provenance", "Where it comes from"),
        ],
        notices=[*words.notices(shown), *findings.notices(shown.results)],
        runs=[origin(run) for run in shown.results.runs],
        data=data,
        phases=phases(shown),
        how=words.how(shown),
        operators=words.operators(shown),
        kernels=words.kernels(shown),
        allocations=allocations(shown),
        ceilings=ceilings(shown),
        timeline=device,
        files=words.files(present),
        measured=words.measured(shown),
        meanings=words.phase_words(),
    )
