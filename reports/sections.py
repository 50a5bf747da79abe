"""The sections of a report: one figure each, drawn for the page or saved as files for a paper."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import drawing, frames, style, svg
from reports.figures import FIGURES
from reports.figures.selection import Panel, Selection, Table
from reports.looks import Look
from reports.svg import VARIABLES

Draw = Callable[[Axes, Panel], None]
"""Draws a panel onto axes."""

Extent = Callable[[Panel], tuple[float, float, float]]
"""Panel -> its height, and what is left to the left of the axes and above them, in pixels."""


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
    with style.themed():
        return [
            path
            for module in FIGURES
            for path in save_pictures(module.NAME, module.select(results), module.draw, _extent(module), folder)
        ]


def save_pictures(name: str, selection: Selection, draw: Draw, extent: Extent, folder: Path) -> list[Path]:
    """Write every picture of one figure as .svg and .pdf, under `style.themed`.

    Args:
        name: of the figure; names its files, with the place of each picture.
        selection: what it shows.
        draw: draws a panel.
        extent: of a panel.
        folder: is there already.
    """
    written = []
    for place, panel in enumerate((*selection.pictures, *selection.folded), start=1):
        figure = _drawn_alone(draw, panel, extent(panel), _lines([panel]) if selection.legend else {})
        for ending in ("svg", "pdf"):
            written.append(folder / f"{name}-{place}.{ending}")
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


def _extent(module: ModuleType) -> Extent:
    return lambda panel: (module.height(panel), module.LEFT, module.TOP)


def _drawn_alone(draw: Draw, panel: Panel, extent: tuple[float, float, float], series: Mapping[str, Look]) -> Figure:
    """A panel with what the page says around it: its title, and the names of its series."""
    figure, axes = style.axes_of(*extent, heading=panel.title, below=drawing.LEGEND_LINE * len(series))
    draw(axes, panel)
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
