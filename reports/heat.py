"""Strips of coloured cells on the axes of a figure: cividis, on a logarithmic scale; dark is low.

Its colours are the same on a light page and on a dark one, and so are those of the words on them.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from reports.style import SMALL

_MAP = "cividis"
_WORDS = ("#fdfdfd", "#000001")  # on dark and on light cells; none of the page's own colours, which follow the page
_LIGHT = 0.18  # luminance from which black has the higher contrast
_STEPS = 64  # cells of a scale


def strip(
    axes: Axes, between: tuple[float, float], values: Sequence[float], ends: tuple[float, float], words: Sequence[str] = ()
) -> None:
    """Cells side by side around x = 1, 2, ...; one whose value is not positive, or is missing, is left empty.

    Args:
        axes: their limits are left to the caller.
        between: upper and lower end of y.
        values: one a cell.
        ends: values of the darkest and of the lightest colour.
        words: what stands in each cell; none for no words.
    """
    _cells(axes, between, values, ends, (0.5, len(values) + 0.5))
    for place, (value, word) in enumerate(zip(values, words, strict=False), start=1):
        if value > 0:
            middle = (between[0] + between[1]) / 2
            axes.text(place, middle, word, color=_ink(value, ends), fontsize=SMALL - 0.5, ha="center", va="center_baseline")


def scale(axes: Axes, between: tuple[float, float], cells: int, ends: tuple[float, float]) -> None:
    """All colours from the lowest to the highest, as wide as so many cells."""
    _cells(axes, between, np.geomspace(*ends, _STEPS).tolist(), ends, (0.5, cells + 0.5))


def _cells(
    axes: Axes, between: tuple[float, float], values: Sequence[float], ends: tuple[float, float], across: tuple[float, float]
) -> None:
    known = np.ma.masked_array([values], mask=[[not value > 0 for value in values]])
    extent = (across[0], across[1], between[1], between[0])
    axes.imshow(known, cmap=_MAP, norm=LogNorm(*ends, clip=True), aspect="auto", interpolation="none", extent=extent)


def _ink(value: float, ends: tuple[float, float]) -> str:
    """The colour of words on the cell of a value: by the relative luminance of WCAG."""
    rgb = np.array(colormaps[_MAP](LogNorm(*ends, clip=True)(value))[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _WORDS[int(linear @ [0.2126, 0.7152, 0.0722] > _LIGHT)]
