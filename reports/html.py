"""The report: one HTML page that opens offline, made from run folders. The only module that writes it.

The same records give the same bytes: nothing on the page says when it was made. It has no script and loads nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from benchmarks.records import KINDS, MARKS, METRICS
from reports import drawing, findings, frames, style, svg, tables
from reports.appearing import appearing
from reports.figures import FIGURES, SWEEPS
from reports.figures.selection import Panel, Selection, Table
from reports.kernels import kernels_table
from reports.looks import Look
from reports.pooling import OUTCOMES
from reports.svg import VARIABLES
from reports.text import size, visible

FILE_NAME = "report.html"


@dataclass(frozen=True)
class Section:
    """One figure as the page shows it.

    Attributes:
        name: for ids.
        title: heading.
        question: what it answers.
        finding: the answer, as a sentence: the title of the figure.
        reading: how to read it.
        description: what the pictures show, in words.
        panels: (title, SVG element).
        legend: (series, colour variable, path of its marker).
        table: the numbers.
        parts: further numbers, or None.
    """

    name: str
    title: str
    question: str
    finding: str
    reading: str
    description: str
    panels: tuple[tuple[str, Markup], ...]
    legend: tuple[tuple[str, str, str], ...]
    table: Table
    parts: Table | None


def write_report(folders: Sequence[str | Path], output: str | Path | None = None, figures: str | Path | None = None) -> Path:
    """Write the report of one or more runs.

    Args:
        folders: run folders; several are merged.
        output: the page; by default `report.html` in the first folder. It appears all at once.
        figures: a folder for each panel as .svg and .pdf, or None for no such files.

    Returns:
        The path of the page.

    Raises:
        FolderError: one of the folders is no run folder, or a newer gradgauge wrote it.
    """
    results = frames.read(folders)
    target = Path(folders[0]) / FILE_NAME if output is None else Path(output)
    if figures is not None:
        save_figures(results, Path(figures))
    target.parent.mkdir(parents=True, exist_ok=True)
    return appearing(target, lambda path: path.write_text(page(results), encoding="utf-8", newline="\n"))


def page(results: frames.Results) -> str:
    """The whole page as text."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    with style.themed():
        chosen = [(module, module.select(results)) for module in FIGURES]
        sections = [_section(module, selection) for module, selection in chosen if selection.panels or module not in SWEEPS]
    environment.filters["breakable"] = _breakable
    return environment.get_template("report.html").render(
        results=results,
        headline=findings.headline(results),
        notices=findings.notices(results),
        outcomes=tables.outcome_counts(results),
        sections=sections,
        counts=tables.counts_table(results),
        reasons=tables.reasons_table(results),
        cells=tables.cells_table(results),
        contract=tables.contract_table(results),
        kernels=kernels_table(results),
        asked=[
            (run.name, _flat({k: v for k, v in run.header.items() if k not in ("cells", "provenance", "noise_floor")}))
            for run in results.runs
        ],
        provenance=[(run.name, _flat(_measured_on(run.header))) for run in results.runs],
        damage=[line for run in results.runs for line in run.damage],
        flags=frozenset(OUTCOMES) - {"ok", "skipped"},
        kinds=KINDS,
        marks=MARKS,
        metrics=METRICS,
    )


def save_figures(results: frames.Results, folder: Path) -> list[Path]:
    """Write every panel as .svg and .pdf, named by figure and place."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with style.themed():
        for module in FIGURES:
            selection = module.select(results)
            for place, panel in enumerate(selection.pictures, start=1):
                figure = _drawn_alone(module, panel, _lines([panel]) if selection.legend else {})
                for ending in ("svg", "pdf"):
                    written.append(folder / f"{module.NAME}-{place}.{ending}")
                    svg.save(figure, written[-1])
    return written


def _section(module: ModuleType, selection: Selection) -> Section:
    pictures = tuple(
        (panel.title, Markup(svg.inline(_drawn(module, panel), f"{module.NAME}-{place}")))
        for place, panel in enumerate(selection.pictures, start=1)
    )
    return Section(
        name=module.NAME,
        title=module.TITLE,
        question=module.QUESTION,
        finding=module.finding(selection),
        reading=module.READING,
        description=module.describe(selection),
        panels=pictures,
        legend=_legend(selection),
        table=module.table(selection),
        parts=module.parts(selection) if hasattr(module, "parts") else None,
    )


def _drawn(module: ModuleType, panel: Panel) -> Figure:
    figure, axes = style.axes_of(module.height(panel), left=module.LEFT, top=module.TOP)
    module.draw(axes, panel)
    return figure


def _drawn_alone(module: ModuleType, panel: Panel, series: Mapping[str, Look]) -> Figure:
    """A panel with what the page says around it: its title, and the names of its series."""
    below = drawing.LEGEND_LINE * len(series)
    figure, axes = style.axes_of(module.height(panel), module.LEFT, module.TOP, heading=panel.title, below=below)
    module.draw(axes, panel)
    if series:
        drawing.legend(figure, series)
    return figure


def _lines(panels: Iterable[Panel]) -> dict[str, Look]:
    """What is told apart by its look alone, in the order of reports."""
    seen = {row["name"]: (panel.line(row), panel.look(row)) for panel in panels for row in panel.rows}
    return dict(seen[name] for name in sorted(seen))


def _legend(selection: Selection) -> tuple[tuple[str, str, str], ...]:
    """Series in the order of reports, with the colour variable and the outline of its marker."""
    lines = _lines(selection.panels) if selection.legend else {}
    return tuple((line, VARIABLES[look.color], drawing.outline(look.marker)) for line, look in lines.items())


def _measured_on(header: Mapping[str, Any]) -> dict[str, Any]:
    """Where a run was measured, with the noise floor that holds there."""
    noise = {"noise_floor": header["noise_floor"]} if header.get("noise_floor") else {}
    return {**(header.get("provenance") or {}), **noise}


def _flat(values: Any, name: str = "") -> list[tuple[str, str]]:
    """Nested values as (dotted name, visible text) pairs."""
    if isinstance(values, Mapping):
        return [pair for key, value in values.items() for pair in _flat(value, f"{name}.{key}".strip("."))]
    if isinstance(values, list) and any(isinstance(value, (dict, list)) for value in values):
        return [pair for place, value in enumerate(values) for pair in _flat(value, f"{name}.{place}")]
    return [(visible(name), visible(_said(name, values)))]


def _said(name: str, value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_bytes"):
        return size(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _breakable(text: str) -> Markup:
    """The escaped text, which may break after a bracket or a comma: specs are long words."""
    parts = [part for part in re.split(r"([\[,;])", text) if part]
    return Markup("").join(Markup("{}<wbr>").format(part) if part in "[,;" else escape(part) for part in parts)
