"""The sections of a report: one figure each, drawn for the page or saved as files for a paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from markupsafe import Markup
from matplotlib.figure import Figure

from reports import drawing, frames, style, svg
from reports.figures import FIGURES
from reports.figures.selection import Panel, Selection, Table
from reports.looks import Look
from reports.svg import VARIABLES


@dataclass(frozen=True)
class Section:
    """One figure as the page shows it.

    Attributes:
        name: for ids.
        title: heading.
        question: what it answers.
        finding: the answer, as a sentence: the title of the figure.
        reading: how to read it.
        description: what the pictures show, in words.
        panels: (title, SVG element).
        folded: the same of panels that are folded away below.
        fold: the words one unfolds them by.
        legend: (series, colour variable, path of its marker).
        table: the numbers.
        parts: further numbers, or None.
    """

    name: str
    title: str
    question: str
    finding: str
    reading: str
    description: str
    panels: tuple[tuple[str, Markup], ...]
    folded: tuple[tuple[str, Markup], ...]
    fold: str
    legend: tuple[tuple[str, str, str], ...]
    table: Table
    parts: Table | None


def save_figures(results: frames.Results, folder: Path) -> list[Path]:
    """Write every panel as .svg and .pdf, named by figure and place."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with style.themed():
        for module in FIGURES:
            selection = module.select(results)
            for place, panel in enumerate((*selection.pictures, *selection.folded), start=1):
                figure = _drawn_alone(module, panel, _lines([panel]) if selection.legend else {})
                for ending in ("svg", "pdf"):
                    written.append(folder / f"{module.NAME}-{place}.{ending}")
                    svg.save(figure, written[-1])
    return written


def section_of(module: ModuleType, selection: Selection) -> Section:
    """Draw a figure and put it into words.

    Args:
        module: one of `reports.figures.FIGURES`.
        selection: what its `select` found.
    """
    pictures = [
        (panel.title, Markup(svg.inline(_drawn(module, panel), f"{module.NAME}-{place}")))
        for place, panel in enumerate((*selection.pictures, *selection.folded), start=1)
    ]
    at_once = len(selection.pictures)
    return Section(
        name=module.NAME,
        title=module.TITLE,
        question=module.QUESTION,
        finding=module.finding(selection),
        reading=module.READING,
        description=module.describe(selection),
        panels=tuple(pictures[:at_once]),
        folded=tuple(pictures[at_once:]),
        fold=selection.fold,
        legend=_legend(selection),
        table=module.table(selection).shortened(),
        parts=further.shortened() if hasattr(module, "parts") and (further := module.parts(selection)) else None,
    )


def _drawn(module: ModuleType, panel: Panel) -> Figure:
    figure, axes = style.axes_of(module.height(panel), left=module.LEFT, top=module.TOP)
    module.draw(axes, panel)
    return figure


def _drawn_alone(module: ModuleType, panel: Panel, series: Mapping[str, Look]) -> Figure:
    """A panel with what the page says around it: its title, and the names of its series."""
    below = drawing.LEGEND_LINE * len(series)
    figure, axes = style.axes_of(module.height(panel), module.LEFT, module.TOP, heading=panel.title, below=below)
    module.draw(axes, panel)
    if series:
        drawing.legend(figure, series)
    return figure


def _lines(panels: Iterable[Panel]) -> dict[str, Look]:
    """What is told apart by its look alone, in the order of reports."""
    seen = {row["name"]: (panel.line(row), panel.look(row)) for panel in panels for row in panel.rows}
    return dict(seen[name] for name in sorted(seen))


def _legend(selection: Selection) -> tuple[tuple[str, str, str], ...]:
    """Series in the order of reports, with the colour variable and the outline of its marker."""
    lines = _lines(selection.panels) if selection.legend else {}
    return tuple((line, VARIABLES[look.color], drawing.outline(look.marker)) for line, look in lines.items())
