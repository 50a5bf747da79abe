"""A landing page: links to the pages that lie beside it, asv's own site among them. Nothing it links is missing.

It is meant for a folder that is published: after `asv publish --html-dir public/asv`,
`gradgauge history -o public/history.html --landing`.
"""

import html
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from reports.appearing import appearing
from reports.shell import render
from reports.text import visible

FILE_NAME = "index.html"

_OURS = '<meta name="generator" content="gradgauge">'
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_HEADLINE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
_HEAD = 65_536  # characters in which a page of ours says what it is


class LandingError(ValueError):
    """There is a page in its place that gradgauge did not write, such as asv's own."""


@dataclass(frozen=True)
class Link:
    """One page that is linked.

    Attributes:
        address: relative to the landing page.
        title: what kind of page it is.
        said: what it has found, in a sentence; empty where it does not say.
    """

    address: str
    title: str
    said: str


def write_landing(folder: str | Path) -> Path:
    """Write `index.html` into a folder: a link to each of gradgauge's pages there, and to each site of asv in a folder below.

    Args:
        folder: where the pages lie.

    Returns:
        Its path.

    Raises:
        LandingError: there is an `index.html` that is not gradgauge's.
        OSError: it cannot be written.
    """
    target = Path(folder) / FILE_NAME
    if target.exists() and _OURS not in _head(target):
        raise LandingError(f"{target} is not gradgauge's, and is left alone: choose another folder, such as one that holds it")
    links = [*_pages(Path(folder)), *_sites(Path(folder))]
    text = render(
        "landing.html",
        brand="gradgauge",
        headline="Benchmarks of gradient estimators",
        contents=(),
        notices=(),
        runs=(),
        data=None,
        links=links,
    )
    return appearing(target, lambda path: path.write_text(text, encoding="utf-8", newline="\n"))


def _pages(folder: Path) -> list[Link]:
    """Gradgauge's own pages, by name."""
    heads = [(path, _head(path)) for path in sorted(folder.glob("*.html")) if path.name != FILE_NAME]
    return [Link(quote(path.name), _said(_TITLE, head), _said(_HEADLINE, head)) for path, head in heads if _OURS in head]


def _sites(folder: Path) -> list[Link]:
    """Folders that `asv publish` wrote."""
    found = sorted(path.parent for path in folder.glob("*/index.json") if (path.parent / "asv.js").is_file())
    said = "Every benchmark across commits, by parameter, with the regressions that asv finds; needs a web server"
    return [Link(f"{quote(path.name)}/index.html", f"asv: {visible(path.name)}", said) for path in found]


def _head(path: Path) -> str:
    """The beginning of a page; empty where it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(_HEAD)
    except OSError:
        return ""


def _said(pattern: re.Pattern[str], head: str) -> str:
    found = pattern.search(head)
    return visible(html.unescape(re.sub(r"<[^>]*>", "", found.group(1)))) if found else ""
