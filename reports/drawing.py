"""What is drawn on the axes of a figure: points, intervals, curves, reference lines and labels, in the shared style."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from reports.looks import INK, Look
from reports.style import GRID, MUTED, PAPER, SMALL, WIDTH
from reports.text import short

LEGEND_LINE = 16
"""Pixels of a line of a legend."""

_NEAR, _RISE = 14, 7  # pixels within which points share a label, and from a point to its label
_CHARACTER, _LONGEST = 6.3, 34  # width of one in a label, in pixels, and how many a label may have
_NAME = 46  # characters of a name in a legend
_RINGS = 6  # sizes of hollow markers; further series begin anew


def point(axes: Axes, x: float, y: float, look: Look, *, state: str = "ok", size: float = 6) -> None:
    """One marker: filled, hollow where the value is `doubtful`, crossed out where its estimator is `wrong`."""
    points(axes, [(x, y)], look, state=state, size=size)


def points(axes: Axes, places: Sequence[tuple[float, float]], look: Look, *, state: str = "ok", size: float = 6) -> None:
    """A marker at each (x, y), all in one state; see `point`."""
    face, (x, y) = look.color if state == "ok" else PAPER, _apart(places)
    axes.plot(x, y, look.marker, color=look.color, markerfacecolor=face, markersize=size, markeredgewidth=1.2, zorder=3)
    if state == "wrong":
        _cross_out(axes, x, y, size)


def whiskers(axes: Axes, intervals: Sequence[tuple[float, float, float]], look: Look) -> None:
    """A vertical line from low to high at each (x, low, high) that has both; one line object, since pages hold thousands."""
    ends = [(x, y) for x, low, high in intervals if np.isfinite([low, high]).all() for y in (low, high, np.nan)]
    axes.plot(*_apart(ends), "-", color=look.color, linewidth=1.6, solid_capstyle="butt", zorder=2)


def whisker(axes: Axes, x: Sequence[float], y: Sequence[float], look: Look) -> None:
    """The interval of a value, as a line."""
    if np.isfinite([*x, *y]).all():
        axes.plot(x, y, "-", color=look.color, linewidth=1.6, solid_capstyle="butt", zorder=2)


def bounds(axes: Axes, low: float, high: float, y: float) -> None:
    """A thin grey line with ends, for what no repetition makes smaller: an error bound, which is no interval."""
    if np.isfinite([low, high]).all():
        axes.plot([low, high], [y, y], "-", color=MUTED, linewidth=0.9, marker="|", markersize=5, markeredgewidth=0.9, zorder=2)


def rings(axes: Axes, places: Sequence[tuple[float, float]], look: Look, place: int, *, wrong: bool = False) -> None:
    """Hollow markers, the larger the later their `place`, so that values of several series that agree stay visible."""
    size, (x, y) = 5 + 1.8 * (place % _RINGS), _apart(places)
    axes.plot(x, y, look.marker, color=look.color, markerfacecolor="none", markersize=size, markeredgewidth=1.2, zorder=3)
    if wrong:
        _cross_out(axes, x, y, size)


def curve(axes: Axes, x: Sequence[float], y: Sequence[float], look: Look, width: float = 1.2) -> None:
    """A line without markers."""
    axes.plot(x, y, linestyle=look.line, color=look.color, linewidth=width, zorder=1)


def reference(axes: Axes, points: Sequence[tuple[float, float]], color: str, dashes: str) -> None:
    """A thin line through (x, y) of what is not measured of an estimator: theory, a count, or the base."""
    axes.plot(*_apart(points), dashes, color=color, linewidth=1, zorder=0.7)


def rule(axes: Axes, which: str, at: float, dashes: str = "--") -> None:
    """A reference line across the axes at `at` on axis `which`."""
    line = axes.axvline if which == "x" else axes.axhline
    line(at, color=MUTED, linewidth=1, linestyle=dashes, zorder=0.5)


def bar(axes: Axes, y: float, start: float, end: float, look: Look, height: float = 10) -> None:
    """A thick line from `start` to `end` at one row of a row chart, `height` pixels high; nothing where it has no length."""
    if end > start:
        axes.plot([start, end], [y, y], "-", color=look.color, linewidth=height, solid_capstyle="butt", zorder=2)


def band(axes: Axes, low: float, high: float) -> None:
    """A shaded range of x, behind everything."""
    axes.axvspan(low, high, color=GRID, alpha=0.6, linewidth=0, zorder=0.1)


def stroke(axes: Axes, x: float, y: float) -> None:
    """A short upright reference line at one row of a row chart."""
    axes.plot([x], [y], "|", color=INK, markersize=13, markeredgewidth=1.4, zorder=2.5)


def steps(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """A front: the best y that each x affords, as a grey staircase to the right edge."""
    right = axes.get_xlim()[1]
    axes.step([*x, right], [*y, y[-1]], where="post", color=MUTED, linewidth=2.5, alpha=0.35, zorder=0.8)


def labels(axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Write a text beside each point; points whose labels would meet share one, which names the first and counts the others.

    Limits must be set. Points are taken from left to right.
    """
    to_pixels = axes.transData.transform
    groups: list[list[tuple[float, float, str]]] = []
    for x, y, text in points:
        across, up = to_pixels((x, y))
        for group in groups:
            first, level = to_pixels(group[0][:2])
            if abs(level - up) < _NEAR and abs(first - across) < _CHARACTER * len(short(group[0][2], _LONGEST)) + _NEAR:
                group.append((x, y, text))
                break
        else:
            groups.append([(x, y, text)])
    for group in groups:
        _label(axes, *group[0], f" + {len(group) - 1} more" if len(group) > 1 else "")


def _label(axes: Axes, x: float, y: float, text: str, more: str) -> None:
    """A text towards the middle of the axes, so that it does not leave them."""
    across, up = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))
    right, above = (-1 if across < 0.5 else 1), (1 if up < 0.5 else -1)
    at = axes.transData.transform((x, y))[0]
    room = int((WIDTH - at if right < 0 else at) / _CHARACTER)
    axes.annotate(
        short(text, max(1, min(room, _LONGEST) - len(more))) + more,
        (x, y),
        (4 * right, _RISE * above),
        textcoords="offset pixels",
        ha="left" if right < 0 else "right",
        va="bottom" if above > 0 else "top",
        fontsize=SMALL,
        zorder=5,
    )


def legend(figure: Figure, series: Mapping[str, Look]) -> None:
    """Name the series at the foot of a figure, `LEGEND_LINE` pixels each; for files, where no page does."""
    lines = [
        Line2D([], [], color=look.color, marker=look.marker, linestyle=look.line, markersize=6, linewidth=1.2)
        for look in series.values()
    ]
    names = [f" {short(name, _NAME)}" for name in series]  # matplotlib leaves out names that begin with an underscore
    spacing = LEGEND_LINE / SMALL - 1
    figure.legend(
        lines, names, loc="lower left", frameon=False, fontsize=SMALL, handlelength=3, labelspacing=spacing, borderaxespad=0.2
    )


def outline(marker: str) -> str:
    """The shape of a marker as the path of an SVG, in a square of 14 units: for legends in the page."""
    shape_of = MarkerStyle(marker)
    polygon = shape_of.get_path().transformed(shape_of.get_transform()).to_polygons()[0]
    shape = np.asarray(polygon)
    shape = shape / np.abs(shape).max() * 5.5
    return "M" + "L".join(f"{7 + x:.1f} {7 - y:.1f}" for x, y in shape) + "z"


def levels(axes: Axes, values: Sequence[tuple[float, Look, str]]) -> None:
    """Values that do not depend on x: lines across the axes; of those that are near the highest is named, the others counted.

    Limits must be set.
    """
    groups: list[list[tuple[float, Look, str]]] = []
    for value in sorted(values, key=lambda value: value[0]):
        axes.axhline(value[0], color=value[1].color, linestyle=value[1].line, linewidth=1.2, zorder=1)
        if groups and _height(axes, value[0]) - _height(axes, groups[-1][-1][0]) < _NEAR:
            groups[-1].append(value)
        else:
            groups.append([value])
    for *others, (y, look, text) in groups:  # above the highest line, where none crosses them
        more = f" + {len(others)} more" if others else ""
        words, color = short(text, _LONGEST - len(more)) + more, INK if others else look.color
        axes.text(0.02, y, words, transform=axes.get_yaxis_transform(), fontsize=SMALL, color=color, va="bottom", zorder=4)


def _height(axes: Axes, y: float) -> float:
    """Where a value of y stands, in pixels."""
    return float(axes.transData.transform((axes.get_xlim()[0], y))[1])


def _apart(places: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in places], [y for _, y in places]


def _cross_out(axes: Axes, x: Sequence[float], y: Sequence[float], size: float) -> None:
    axes.plot(x, y, "x", color=INK, markersize=size + 4, markeredgewidth=1.4, zorder=4)
