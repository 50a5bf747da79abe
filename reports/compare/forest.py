"""A section of a comparison as a picture: which cells changed, by how much, and how sure is it?

A forest: one row a cell, the largest ratio of a problem first, the mark NEW over BASE with its interval on a logarithmic axis.
Filled marks are decided, hollow ones are not; their shape is the verdict's, their colour whether it is for the worse. The shaded
band is what counts as the same.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from benchmarks.comparison import Verdict
from reports import drawing, style
from reports.compare.lines import UNJUDGED, Line, Mark, Section
from reports.figures.rows import LEFT, ROW, TOP, middle
from reports.figures.selection import MOST_PANELS
from reports.looks import BETTER, INK, WORSE, Look
from reports.text import count, listed, number, short

__all__ = ["LEFT", "MOST_ROWS", "TOP", "Forest", "Panel", "describe", "draw", "forest", "height", "reading"]

MOST_ROWS = 150
"""Rows of a section that are drawn at most: changes first, then what is undecided."""

Cell = tuple[Line, Mark]

_MARKERS = {Verdict.MORE: "^", Verdict.LESS: "v", Verdict.SAME: "o", None: "o"}
_ACROSS = 48  # characters of a row of text
_LEAST = 8  # and of a name in it
_TEXT = 0.36  # where the foot of the text stands within a row
_WIDEST = 3.0  # times beyond the outermost ratio that the axis follows an interval


@dataclass(frozen=True)
class Panel:
    """One problem.

    Attributes:
        title: its short name.
        cells: those that are drawn, the largest ratio first.
        span: what the axis must show, the same for all panels of a section.
        band: see `reports.compare.lines.Section`.
        theta: see there.
        behind: what the intervals of most cells of a section rest on, such as `6 pairs`; empty for exact numbers.
        unjudged: whether no cell of the section has a verdict, so that no row need say so.
    """

    title: str
    cells: tuple[Cell, ...]
    span: tuple[float, ...]
    band: float
    theta: float
    behind: str
    unjudged: bool

    @property
    def changes(self) -> int:
        """How many of its cells changed."""
        return sum(mark.changed for _, mark in self.cells)


@dataclass(frozen=True)
class Forest:
    """The panels of a section.

    Attributes:
        shown: those that are seen at once, of problems with the most changes.
        folded: the others, folded away below.
        undrawn: cells that are left out because many others changed more.
        beyond: cells whose ratio no logarithmic axis could show.
    """

    shown: tuple[Panel, ...]
    folded: tuple[Panel, ...]
    undrawn: int
    beyond: int

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All of them."""
        return (*self.shown, *self.folded)


def forest(section: Section) -> Forest:
    """What is drawn of a section, and what is not."""
    cells: list[Cell] = [(line, line.mark) for line in section.lines if line.mark is not None]
    able = [(line, mark) for line, mark in cells if mark.drawable]
    drawn = sorted(able, key=lambda cell: cell[0].place)[:MOST_ROWS]
    behind = next((what for what, _ in Counter(mark.behind for _, mark in drawn).most_common(1)), "")
    unjudged = all(mark.word == UNJUDGED for _, mark in drawn)
    groups = {line.problem: [cell for cell in drawn if cell[0].problem == line.problem] for line in section.lines}
    panels = [
        Panel(
            problem,
            tuple(sorted(of, key=lambda cell: -cell[1].ratio)),
            _span(drawn),
            section.band,
            section.theta,
            behind,
            unjudged,
        )
        for problem, of in groups.items()
        if of
    ]
    first = sorted(panels, key=lambda panel: -panel.changes)[:MOST_PANELS]
    shown, folded = (tuple(panel for panel in panels if (panel in first) is at_once) for at_once in (True, False))
    return Forest(shown, folded, len(able) - len(drawn), len(cells) - len(able))


def height(panel: Panel) -> float:
    """Pixels that the rows of a panel need, axis included."""
    return len(panel.cells) * ROW + 52


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one problem."""
    about = ("NEW / BASE", panel.behind, "no verdict" if panel.unjudged else "")
    style.ratio_axis(axes, panel.span, ", ".join(filter(None, about)))
    axes.set_ylim(len(panel.cells), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if panel.band:
        drawing.band(axes, 1 / (1 + panel.band), 1 + panel.band)
    if panel.theta > panel.band:
        for edge in (1 / (1 + panel.theta), 1 + panel.theta):
            drawing.rule(axes, "x", edge)
    drawing.rule(axes, "x", 1.0, "-")
    for place, cell in enumerate(panel.cells):
        _draw_row(axes, place, *cell, panel)


def reading(section: Section, drawn: Forest) -> str:
    """How to read what is drawn of a section; empty where nothing is."""
    if not drawn.panels:
        return ""
    line = "which is exact" if section.exact else "the line through it its 95 % interval"
    parts = [
        f"One row a cell, the largest ratio of a problem first: the mark is NEW over BASE, {line}.",
        "Filled: decided, ▲ for more and ▼ for less, in one colour for the worse and another for the better.",
        "Hollow: not decided.",
    ]
    if drawn.panels[0].behind:
        parts.append(f"Each rests on {drawn.panels[0].behind} unless it says otherwise.")
    if section.band:
        parts.append(f"Shaded: ±{100 * section.band:.2g} %, within which two things count as the same.")
    if section.theta > section.band:
        parts.append(f"Dashed: the noise floor, ±{100 * section.theta:.2g} %, which a change must exceed.")
    return " ".join([*parts, *_left_out(drawn)])


def describe(section: Section, drawn: Forest) -> str:
    """Panels, rows, and the range of each panel, in words."""
    if not drawn.panels:
        return " ".join(["No picture: no cell has a ratio to draw.", *_left_out(drawn)])
    parts = [f"Row charts on logarithmic axes, {count(len(drawn.panels), 'problem')}; {section.summary}."]
    for panel in drawn.panels:
        named = [f"{number(mark.ratio, 4)} ({line.estimator}, {mark.word[2:]})" for line, mark in panel.cells]
        span = named[0] if len(named) == 1 else f"from {named[-1]} to {named[0]}, {count(len(named), 'cell')}"
        parts.append(f"{panel.title}: {span}.")
    return " ".join([*parts, *_left_out(drawn)])


def _left_out(drawn: Forest) -> list[str]:
    said = [f"{count(drawn.undrawn, 'further cell')} of the smallest changes"] if drawn.undrawn else []
    said += [f"{count(drawn.beyond, 'cell')} whose ratio is not positive or not finite"] if drawn.beyond else []
    return [f"In the table alone: {listed(said)}."] if said else []


def _span(cells: Sequence[Cell]) -> tuple[float, ...]:
    """The extremes of the ratios and, as far as an axis follows them, of their intervals."""
    ratios = [mark.ratio for _, mark in cells]
    low, high = min(ratios) / _WIDEST, max(ratios) * _WIDEST
    shown = [*ratios, *(min(max(end, low), high) for _, mark in cells for end in _ends(mark))]
    return min(shown), max(shown)


def _ends(mark: Mark) -> list[float]:
    """Both ends of an interval, or none where one of them is no number."""
    ends = [mark.low, mark.high]
    return ends if all(map(math.isfinite, ends)) else []


def _draw_row(axes: Axes, place: int, line: Line, mark: Mark, panel: Panel) -> None:
    """The name with its ratio and verdict above the mark with its interval; what sets the row apart stands with the name."""
    across, at, (left, right) = axes.get_yaxis_transform(), middle(place), axes.get_xlim()
    beside = number(mark.ratio, 4) + ("" if panel.unjudged else f" {mark.word}")
    note = "".join(f" · {said}" for said in (mark.wrong, mark.behind if mark.behind != panel.behind else "") if said)
    called = short(line.estimator, max(_LEAST, _ACROSS - len(beside) - len(note))) + note
    axes.text(0, place + _TEXT, called, transform=across, fontsize=style.SMALL)
    axes.text(1, place + _TEXT, beside, transform=across, fontsize=style.SMALL, ha="right", fontweight="bold")
    axes.axhline(at, color=style.GRID, linewidth=0.6, zorder=0.2)
    look = Look(INK if mark.worse is None else WORSE if mark.worse else BETTER, _MARKERS[mark.verdict], "-")
    if ends := _ends(mark):
        drawing.whisker(axes, [min(max(end, left), right) for end in ends], [at, at], look)
    state = "wrong" if mark.wrong else "ok" if mark.verdict is not None else "doubtful"
    drawing.point(axes, mark.ratio, at, look, state=state)
