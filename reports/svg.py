"""A drawn figure as SVG: text for the page, or files for a paper."""

import io
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from reports import looks, style
from reports.compact import compact

VARIABLES: Mapping[str, str] = {
    looks.INK: "ink",
    style.MUTED: "muted",
    style.GRID: "grid",
    style.PAPER: "paper",
    **{color: f"series-{place}" for place, color in enumerate(looks.COLORS.values()) if place > 0},
}
"""Colour -> name of the variable in the page's style sheet that takes its place, so that a page may be dark."""


def inline(figure: Figure, prefix: str) -> str:
    """The SVG element for a page: small, without a style sheet, every id of its own, colours that follow the page.

    Args:
        figure: drawn under `style.themed`.
        prefix: begins every id; distinct for the figures of one page.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return compact(text[text.index("<svg") :], prefix, {color: f"var(--{name})" for color, name in VARIABLES.items()})


def save(figure: Figure, path: Path) -> None:
    """Write a figure as `.svg` or `.pdf`, by the ending of the path, the same bytes for the same figure; on white paper."""
    metadata = {"CreationDate": None} if path.suffix == ".pdf" else {"Date": None}
    figure.patch.set(facecolor=style.PAPER, alpha=1)  # a viewer may be dark
    figure.savefig(path, metadata=metadata, facecolor="auto")
