"""The page of a history. The same results and the same repository give the same bytes."""

from pathlib import Path

from reports.appearing import appearing
from reports.history.findings import headline, notices
from reports.history.gathering import History
from reports.history.sections import chapter
from reports.provenance import Origin
from reports.shell import render
from reports.text import listed

FILE_NAME = "history.html"

_CONTENTS = (("changes", "What changed"), ("tracked", "Every quantity"), ("commits", "Commits"), ("method", "Method"))


def write_history(history: History, output: str | Path = FILE_NAME) -> Path:
    """Write the page, all at once.

    Args:
        history: what it shows.
        output: the file.

    Returns:
        Its path.

    Raises:
        OSError: it cannot be written.
    """
    text = page(history)
    return appearing(output, lambda path: path.write_text(text, encoding="utf-8", newline="\n"))


def page(history: History) -> str:
    """The whole page as text."""
    return render(
        "history.html",
        brand="gradgauge history",
        headline=headline(history),
        contents=_CONTENTS,
        notices=notices(history),
        runs=[Origin(machine, asked=(), measured_on=()) for machine in dict.fromkeys(place[0][1] for place in history.places)],
        places=history.places,
        data=None,
        chapter=chapter(history),
        sources=listed(list(dict.fromkeys(found.source for line in history.lines for found in line.found))) or "nothing",
        threshold=100 * history.threshold,
    )
