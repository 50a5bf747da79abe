"""A drawn figure as SVG: text for the page, or files for a paper."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from reports import looks, style

VARIABLES: Mapping[str, str] = {
    looks.INK: "ink",
    style.MUTED: "muted",
    style.GRID: "grid",
    style.PAPER: "paper",
    **{color: f"series-{place}" for place, color in enumerate(looks.COLORS.values()) if place > 0},
}
"""Colour -> name of the variable in the page's style sheet that takes its place, so that a page may be dark."""


def inline(figure: Figure, prefix: str) -> str:
    """The SVG element for a page: no declarations, metadata or style sheet, every id of its own, colours that follow the page.

    Args:
        figure: drawn under `style.themed`.
        prefix: begins every id; distinct for the figures of one page.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" focusable="false" aria-hidden="true">', text, count=1
    )
    text = re.sub(r"<[a-z][^>]*>", lambda tag: _of_the_page(tag.group(), prefix), text)
    return re.sub(r"\n\s*", "\n", text).strip()


def _of_the_page(tag: str, prefix: str) -> str:
    """One tag with its ids made distinct and its colours made variables; what is between tags are people's words."""
    for known, own in ((' id="', f' id="{prefix}-'), ("url(#", f"url(#{prefix}-"), ('xlink:href="#', f'href="#{prefix}-')):
        tag = tag.replace(known, own)
    for color, name in VARIABLES.items():
        tag = tag.replace(color, f"var(--{name})")
    return tag


def save(figure: Figure, path: Path) -> None:
    """Write a figure as `.svg` or `.pdf`, by the ending of the path, the same bytes for the same figure."""
    metadata = {"CreationDate": None} if path.suffix == ".pdf" else {"Date": None}
    figure.savefig(path, metadata=metadata)
