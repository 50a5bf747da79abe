"""The report: one HTML page that opens offline, made from run folders. The only module that writes it.

The same records give the same bytes: nothing on the page says when it was made. It has no script and loads nothing.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from benchmarks.records import KINDS, MARKS, METRICS
from reports import findings, frames, style, tables
from reports.appearing import appearing
from reports.figures import FIGURES, SWEEPS
from reports.kernels import kernels_table
from reports.pooling import OUTCOMES
from reports.sections import save_figures, section_of
from reports.text import size, visible

FILE_NAME = "report.html"


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
    return appearing(target, lambda path: path.write_text(page(results), encoding="utf-8", newline="\n"))


def page(results: frames.Results) -> str:
    """The whole page as text."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    with style.themed():
        chosen = [(module, module.select(results)) for module in FIGURES]
        sections = [section_of(module, selection) for module, selection in chosen if selection.panels or module not in SWEEPS]
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
