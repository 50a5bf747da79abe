"""A history as sections of a page: one figure a quantity."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from reports import drawing, style, svg
from reports.figures.selection import Panel, Selection
from reports.history.figure import Across
from reports.history.findings import MOST_CHANGES, Change, Seen, changes, commit_url, headline, seen
from reports.history.gathering import Commit, History
from reports.sections import Section, save_pictures
from reports.svg import VARIABLES
from reports.text import count

_LEFT, _TOP, _HEIGHT = 50, 26, 270  # pixels of a panel


@dataclass(frozen=True)
class Chapter:
    """A history as pages show it.

    Attributes:
        history: what it is made from.
        sections: one a quantity.
        changes: the newest first.
        commits: the newest first.
        left_out: what of the changes is not listed; empty where all are.
    """

    history: History
    sections: tuple[Section, ...]
    changes: tuple[Change, ...]
    commits: tuple[Seen, ...]
    left_out: str

    @property
    def headline(self) -> str:
        """How many of the tracked numbers changed their level."""
        return headline(self.history)

    def url(self, commit: Commit) -> str:
        """The project's page about a commit; empty for none."""
        return commit_url(self.history, commit)


def chapter(history: History) -> Chapter:
    """Draw a history and put it into words."""
    found = changes(history)
    further = len(found) - MOST_CHANGES
    with style.themed():
        sections = tuple(_section(Across(history, quantity)) for quantity in history.quantities)
    left_out = f"{count(further, 'older change')} not listed." if further > 0 else ""
    return Chapter(history, sections, tuple(found[:MOST_CHANGES]), tuple(seen(history)), left_out)


def save_figures(history: History, folder: Path) -> list[Path]:
    """Write every panel as .svg and .pdf, named by quantity and place."""
    folder.mkdir(parents=True, exist_ok=True)
    with style.themed():
        return [
            path
            for across in (Across(history, quantity) for quantity in history.quantities)
            for path in save_pictures(across.name, across.select(), across.draw, lambda panel: (_HEIGHT, _LEFT, _TOP), folder)
        ]


def _section(across: Across) -> Section:
    selection = across.select()
    pictures = [
        (panel.title, Markup(svg.inline(_drawn(across, panel), f"{across.name}-{place}")))
        for place, panel in enumerate((*selection.pictures, *selection.folded), start=1)
    ]
    at_once = len(selection.pictures)
    return Section(
        name=across.name,
        title=across.quantity.title,
        question=f"How did the {across.quantity.noun} change from commit to commit?",
        finding=across.finding(),
        reading=across.reading,
        description=across.describe(selection),
        panels=tuple(pictures[:at_once]),
        folded=tuple(pictures[at_once:]),
        fold=selection.fold,
        legend=_legend(selection),
        table=across.table(selection),
        parts=None,
    )


def _drawn(across: Across, panel: Panel) -> Figure:
    figure, axes = style.axes_of(_HEIGHT, left=_LEFT, top=_TOP)
    across.draw(axes, panel)
    return figure


def _legend(selection: Selection) -> tuple[tuple[str, str, str], ...]:
    """Series in the order of reports, with the colour variable and the outline of the marker."""
    seen = {row["name"]: panel.look(row) for panel in (*selection.pictures, *selection.folded) for row in panel.rows}
    return tuple((name.text, VARIABLES[seen[name].color], drawing.outline(seen[name].marker)) for name in sorted(seen))
