"""What all pages share: the head with its policy, style sheet and script, contents, notices, provenance and the data within.

A page is a template that extends `templates/base.html`; `templates/macros.html` has what pages are made of. The only module that
turns values into HTML. The same values give the same bytes: nothing on a page says when it was made, and it loads nothing.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from reports import paper
from reports.embedded import Embedded
from reports.findings import Notice
from reports.pooling import OUTCOMES
from reports.provenance import Origin

ALARMING = frozenset(OUTCOMES) - {"ok", "skipped"}
"""Words that stand out in a table."""

_SCRIPT = "report.js"
_HEIGHT = re.compile(r'viewBox="\S+ \S+ \S+ ([\d.]+)"')
_UNEVEN = 1.5  # highest over lowest picture of a figure


def render(
    template: str,
    *,
    brand: str,
    headline: str,
    contents: Sequence[tuple[str, str]],
    notices: Sequence[Notice],
    runs: Sequence[Origin],
    data: Embedded | None,
    **values: Any,
) -> str:
    """A whole page as text.

    Args:
        template: the name of a file in `templates/` that extends `base.html`.
        brand: what kind of page it is.
        headline: its heading, one sentence.
        contents: (id, text) of what the navigation leads to.
        notices: what limits the page, see `reports.findings.Notice`.
        runs: what it is about; at least their names are in its title.
        data: its numbers, which the page then holds and gives out again; None for a page without.
        **values: what the template needs beside these.
    """
    environment = _environment()
    source, _, _ = PackageLoader("reports").get_source(environment, _SCRIPT)
    script = "\n" + source
    named = ", ".join(run.name for run in runs)
    return environment.get_template(template).render(
        brand=brand,
        headline=headline,
        title=": ".join(filter(None, (brand, named))),
        file_name=_file_name(brand, [run.name for run in runs]),
        contents=contents,
        notices=notices,
        runs=runs,
        data=data,
        script=Markup(script),
        script_hash=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}",
        **values,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["breakable"] = _breakable
    environment.tests["uneven"] = _uneven
    environment.tests["paired"] = is_paired
    environment.tests["tall"] = paper.is_tall
    environment.filters["cut"] = paper.cut
    environment.globals["flags"] = ALARMING
    return environment


def _breakable(text: str) -> Markup:
    """The escaped text, which may break after a bracket or a comma, but not within a number: specs are long words."""
    parts = [part for part in re.split(r"((?<=\S)\[|,(?!\d)|;)", text) if part]
    return Markup("").join(Markup("{}<wbr>").format(part) if part in "[,;" else escape(part) for part in parts)


def _uneven(panels: Sequence[tuple[str, str]]) -> bool:
    """Whether some pictures are far taller than others: side by side they would leave the page half empty."""
    heights = [float(found[1]) for _, picture in panels if (found := _HEIGHT.search(picture))]
    return bool(heights) and max(heights) > _UNEVEN * min(heights)


def is_paired(panels: Sequence[tuple[str, str]]) -> bool:
    """Whether pictures come in pairs, of one problem in two runs or on two devices: these belong side by side."""
    problems = [title.partition(" · ") for title, _ in panels]
    pairs = list(zip(problems[::2], problems[1::2], strict=False))
    return bool(pairs) and 2 * len(pairs) == len(panels) and all(one[0] == two[0] and one[1] and two[1] for one, two in pairs)


def _file_name(brand: str, names: Sequence[str]) -> str:
    """What files saved from the page begin with: plain characters of the first run's name, and not too many."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", names[0] if names else brand)[:60].strip("-.") or "report"
