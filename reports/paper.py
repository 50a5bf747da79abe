"""Pictures on paper: a row chart of many rows is cut into three pieces, which stand side by side across the sheet.

On a screen a picture is as tall as it must be; a sheet would cut it anywhere. The pieces are windows onto the picture itself, so
that a page holds it once.
"""

import math
import re
from itertools import pairwise

from markupsafe import Markup

from reports.figures.rows import ROW, TOP
from reports.style import WIDTH

TALLEST = 24 * ROW
"""Pixels of a picture that is printed as it is: a third of a sheet's width wide, it is half a sheet tall."""

_PIECES = 3
_HEIGHT = re.compile(r'<svg viewBox="0 0 \S+ ([\d.]+)"')


def is_tall(picture: str) -> bool:
    """Whether a picture is cut for paper."""
    return _height(picture) > TALLEST


def cut(picture: str, name: str) -> Markup:
    """A tall picture with its pieces, which are seen on paper alone.

    Args:
        picture: an SVG element, as `reports.svg.inline` makes it.
        name: becomes its id; of its own on the page.
    """
    height = _height(picture)
    step = ROW * math.ceil((height - TOP) / ROW / _PIECES)  # no row is cut; the last piece has the axis
    ends = [0.0, *(TOP + step * place for place in range(1, _PIECES)), height]
    whole = Markup('<svg id="{}" ').format(name) + Markup(picture.removeprefix("<svg "))
    pieces = [
        Markup(
            '<svg viewBox="0 {:g} {} {:g}" focusable="false" aria-hidden="true"><use href="#{}" width="{}" height="{:g}"/></svg>'
        ).format(top, WIDTH, bottom - top, name, WIDTH, height)
        for top, bottom in pairwise(ends)
    ]
    return whole + Markup('<div class="pieces">{}</div>').format(Markup("").join(pieces))


def _height(picture: str) -> float:
    found = _HEIGHT.match(picture)
    return float(found[1]) if found else 0.0
