"""The shared style of all figures, and their axes; the one module that uses seaborn.

Lengths are in pixels of the page: a figure of width 340 is drawn so that one unit of its SVG is one pixel. A figure is drawn on
axes that come from here and leave room for their labels.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from reports.looks import INK
from reports.text import short, tick

WIDTH = 340
"""Width of a panel: it fits a telephone, and three fit a page."""

MUTED = "#6b6b6b"
GRID = "#dddddd"
PAPER = "#ffffff"
SMALL = 10.5

TICKS = 6
"""Labelled ticks on an axis at most."""

_MOST_PLACES = 10  # labels that fit beside each other on an axis of measured places
_LEAST_SPAN = 4.0  # highest over lowest value of a logarithmic axis: a difference of a few percent never fills it
_NARROWEST = (1 / 1.1, 1.1)  # an axis of ratios reaches at least so far
_RATIOS = (  # its ticks, the first that fit
    *((1.0,), *((10.0**power, 10.0**-power) for power in range(1, 13))),
    *((2.0, 0.5), (5.0, 0.2), (1.1, 0.9), (1.4, 0.7), (1.2, 0.8), (1.05, 0.95)),
)
_TICK = 40  # pixels that a tick of it needs
_EXTREMES = (1e-150, 1e150)  # smallest and largest number on an axis
_HEADING = 20
_UNIT = 1 / 72  # inches a pixel: the SVG writer counts in points

_THEME: dict[str, Any] = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "font.family": ["DejaVu Sans"],
    "font.size": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "pdf.fonttype": 42,  # TrueType: what publishers take, and what stays text
    "svg.fonttype": "none",
    "svg.hashsalt": "gradgauge",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.color": INK,
    "ytick.labelsize": SMALL,
}


def themed() -> Any:
    """A context in which figures are made, drawn and saved in the shared style."""
    settings: Any = {**sns.plotting_context("paper"), **sns.axes_style("whitegrid"), **_THEME}
    return mpl.rc_context(settings)


def axes_of(height: float, left: float, top: float, heading: str = "", below: float = 0) -> tuple[Figure, Axes]:
    """A figure of the standard width with one pair of axes.

    Args:
        height: pixels, axis and its label included.
        left: pixels that the labels of the y axis need.
        top: pixels above the axes.
        heading: written above the axes; for files, where no page does.
        below: pixels beneath what `height` holds, for a legend.
    """
    right, bottom = 20, 44 + below
    height += below + (_HEADING if heading else 0)
    figure = Figure(figsize=(WIDTH * _UNIT, height * _UNIT), dpi=1 / _UNIT)
    figure.patch.set_alpha(0)
    below_heading = height - top - (_HEADING if heading else 0)
    axes = figure.add_axes((left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, (below_heading - bottom) / height))
    axes.patch.set_alpha(0)
    sns.despine(ax=axes)
    if heading:
        figure.text(left / WIDTH, 1 - 16 / height, short(heading, 44), fontsize=SMALL, fontweight="bold")
    return figure, axes


def finite(values: Iterable[float]) -> list[float]:
    """The values that a logarithmic axis can show: positive ones, neither so large nor so small that ticks have no number."""
    return [float(value) for value in values if value is not None and _EXTREMES[0] <= value <= _EXTREMES[1]]


def log_axis(
    axes: Axes, which: str, values: Iterable[float], label: str, words: Callable[[float], str], *, binary: bool = False
) -> None:
    """Make an axis logarithmic, wide enough for the values, with few and round ticks.

    Args:
        axes: what to change.
        which: `x` or `y`.
        values: what will be shown; others than positive ones are ignored.
        label: quantity and unit.
        words: how a tick is written.
        binary: whether round numbers are powers of two.
    """
    shown = finite(values) or [1.0]
    low, high = min(shown) / 1.25, max(shown) * 1.25
    if high / low < _LEAST_SPAN:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(_LEAST_SPAN), middle * math.sqrt(_LEAST_SPAN)
    ticks = round_ticks(low, high, binary=binary)
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    getattr(axes, f"{which}axis").set_minor_locator(NullLocator())
    getattr(axes, f"set_{which}ticks")(ticks, [words(tick) for tick in ticks])
    _name(axes, which, label)


def linear_axis(axes: Axes, which: str, values: Iterable[float], label: str, words: Callable[[float], str]) -> None:
    """Make an axis linear, from the lowest to the highest value, with few and round ticks.

    Args:
        axes: what to change.
        which: `x` or `y`.
        values: what will be shown.
        label: quantity and unit.
        words: how a tick is written.
    """
    shown = [float(value) for value in values] or [0.0, 1.0]
    low, high = min(shown), max(shown)
    room = (high - low or abs(high) or 1.0) * (0.05 if which == "y" else 0.02)
    getattr(axes, f"set_{which}lim")(low - room, high + room)
    ticks = MaxNLocator(TICKS - 1, steps=[1, 2, 5, 10]).tick_values(low, high)
    kept = [float(tick) for tick in ticks if low - room <= tick <= high + room]
    getattr(axes, f"set_{which}ticks")(kept, [words(tick) for tick in kept])
    _name(axes, which, label)


def round_ticks(low: float, high: float, *, binary: bool = False) -> list[float]:
    """At most `TICKS` round numbers between two positive ones: of 1, 2 and 5, of decades or every few decades; or of two."""
    if binary:
        powers = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
        step = next(step for step in (1, 2, 5, 10, 20, 40, 80, 160) if len(range(0, len(powers), step)) <= TICKS)
        return [2.0**power for power in powers if power % step == 0]
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [digit * 10.0**decade for decade in decades for digit in digits if low <= digit * 10.0**decade <= high]
        if len(ticks) <= TICKS:
            return ticks
    return ticks[:: math.ceil(len(ticks) / TICKS)]


def ratio_axis(axes: Axes, values: Iterable[float], label: str) -> None:
    """Make the x axis logarithmic for ratios: 1 is on it, never at an edge, and ticks are factors such as ×0.5, ×1 and ×2.

    Args:
        axes: what to change.
        values: what will be shown; others than positive ones are ignored.
        label: what the ratio is of.
    """
    shown = [*finite(values), *_NARROWEST]
    low, high = min(shown) / 1.02, max(shown) * 1.02
    apart = math.log(high / low) * _TICK / axes.bbox.width
    ticks: list[float] = []
    for place in (place for pair in _RATIOS for place in pair):
        if low <= place <= high and all(abs(math.log(place / other)) > apart for other in ticks):
            ticks.append(place)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(sorted(ticks), [f"×{tick(place)}" for place in sorted(ticks)])
    _name(axes, "x", label)


def doubling_axis(axes: Axes, values: Sequence[float], label: str) -> None:
    """Make the x axis logarithmic with a tick at every value given, but for those too near to the one before."""
    places = sorted(set(values))
    low, high = min(places) / 1.4, max(places) * 1.4
    ticks: list[float] = []
    for place in places:
        if not ticks or math.log(place / ticks[-1]) > math.log(high / low) / _MOST_PLACES:
            ticks.append(place)
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    _name(axes, "x", label)


def _name(axes: Axes, which: str, label: str) -> None:
    """Quantity and unit of an axis; those of y stand level above the axes, where they are read without turning the head."""
    if which == "x":
        axes.set_xlabel(label)
    else:
        axes.annotate(label, (0, 1), (-axes.bbox.x0 + 4, 9), xycoords="axes fraction", textcoords="offset pixels", fontsize=11)
