"""From what a figure draws to a section of the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes

from reports import style, svg
from reports.figures.selection import Table
from reports.sections import Section
from reports.text import number

_LEAST = 0.001  # a smaller share is not worth its digits

Picture = tuple[str, float, float, float, Callable[[Axes], None]]
"""Title; height, and room left of the axes and above them, in pixels; what draws it."""


@dataclass(frozen=True)
class Figure:
    """What a figure always says.

    Attributes:
        name: for ids.
        title: heading.
        question: what it answers.
        reading: how to read it.
    """

    name: str
    title: str
    question: str
    reading: str


def section(figure: Figure, *, finding: str, description: str, panels: Sequence[Picture], table: Table) -> Section:
    """The figure as the page shows it; its parts are named in the pictures, so that it needs no legend.

    Args:
        figure: what it always says.
        finding: its answer, as a sentence.
        description: its pictures in words.
        panels: what it draws.
        table: its numbers.
    """
    pictures = []
    with style.themed():
        for place, (title, height, left, top, draw) in enumerate(panels, start=1):
            drawn, axes = style.axes_of(height, left=left, top=top)
            draw(axes)
            pictures.append((title, Markup(svg.inline(drawn, f"{figure.name}-{place}"))))
    return Section(
        name=figure.name,
        title=figure.title,
        question=figure.question,
        finding=finding,
        reading=figure.reading,
        description=description,
        panels=tuple(pictures),
        folded=(),
        fold="",
        legend=(),
        table=table.shortened(),
        parts=None,
    )


def percent(part: float) -> str:
    """A share, which does not break between its number and its sign."""
    return f"{number(100 * part, 2)}\u00a0%" if part >= _LEAST or part == 0 else "under 0.1\u00a0%"


def plain(value: float) -> str:
    """A round number at an axis that may begin at zero, or below."""
    return f"{value:,.6g}"
