"""The report: one HTML page that opens offline, made from run folders.

The same records give the same bytes: nothing on the page says when it was made. It loads nothing, and holds its data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.records import CONTRACT, KINDS, MARKS, METRICS
from reports import findings, frames, style, tables
from reports.appearing import appearing
from reports.cells import every_cell
from reports.compare import Comparison
from reports.compare import page as comparing
from reports.compare.ruling import rule_of
from reports.compare.several import Judging, comparisons
from reports.embedded import Embedded, pack
from reports.figures import ALWAYS, QUESTIONS
from reports.history import History
from reports.history import findings as across
from reports.history.sections import chapter
from reports.history.sections import save_figures as save_history
from reports.kernels import kernels_table
from reports.provenance import origin
from reports.sections import Section, save_figures, section_of
from reports.shell import render

FILE_NAME = "report.html"

_HISTORY = ("history", "Across commits")

_APPENDIX = (
    ("cells", "Every number"),
    ("outcomes", "What was asked"),
    ("method", "Method"),
    ("provenance", "Where it comes from"),
)


@dataclass(frozen=True)
class Answer:
    """A question of the page with the figures that answer it.

    Attributes:
        name: for ids.
        title: the question.
        sections: one or more.
    """

    name: str
    title: str
    sections: tuple[Section, ...]


def write_report(
    folders: Sequence[str | Path],
    output: str | Path | None = None,
    figures: str | Path | None = None,
    judging: Judging = rule_of,
    history: History | None = None,
) -> Path:
    """Write the report of one or more runs.

    Args:
        folders: run folders; parts of one run are merged, and runs that differ are compared with the first.
        output: the page; by default `report.html` in the first folder. It appears all at once.
        figures: a folder for each panel as .svg and .pdf, those of comparisons and of the history too; None for no such files.
        judging: what counts as a change between two runs; by default with the noise floors that they carry.
        history: what was tracked across commits, for the page to show too.

    Returns:
        The path of the page.

    Raises:
        FolderError: one of the folders is no run folder, or a newer gradgauge wrote it.
    """
    results, compared = frames.read(folders), comparisons(folders, judging)
    target = Path(folders[0]) / FILE_NAME if output is None else Path(output)
    if figures is not None:
        save_figures(results, Path(figures))
        comparing.save_forests(compared, Path(figures))
        if history:
            save_history(history, Path(figures))
    text = page(results, pack(folders), compared, history)
    return appearing(target, lambda path: path.write_text(text, encoding="utf-8", newline="\n"))


def page(
    results: frames.Results,
    data: Embedded | None = None,
    compared: Sequence[Comparison] = (),
    history: History | None = None,
) -> str:
    """The whole page as text.

    Args:
        results: what it shows.
        data: the numbers of the same runs, for the page to hold.
        compared: the runs that differ, each with the first: what the page opens with.
        history: see `write_report`.
    """
    answers, shown = _answers(results), comparing.compared(compared)
    return render(
        "report.html",
        brand="gradgauge report",
        headline=comparing.headline_of(compared) if compared else findings.title(results),
        opening=findings.opening(results),
        verdict=findings.headline(results),
        contents=[
            *comparing.contents(shown),
            *((answer.name, answer.title) for answer in answers),
            *([_HISTORY] if history else []),
            *_APPENDIX,
        ],
        notices=[*comparing.notices(compared), *findings.notices(results), *(across.notices(history) if history else [])],
        runs=[origin(run) for run in results.runs],
        data=data,
        comparisons=shown,
        answers=answers,
        history=chapter(history) if history else None,
        outcomes=tables.outcome_counts(results),
        cells=every_cell(results),
        counts=tables.counts_table(results),
        reasons=tables.reasons_table(results),
        contract=tables.contract_table(results),
        kernels=kernels_table(results),
        damage=[line for run in results.runs for line in run.damage],
        scope=results.scope,
        kinds=KINDS,
        marks=MARKS,
        metrics=METRICS,
        planned_kinds=frozenset(results.cells["kind"]),
    )


def _answers(results: frames.Results) -> list[Answer]:
    """The questions of which any figure is shown: those that are always shown, and those with something to draw."""
    always = ALWAYS if _asks_of_estimates(results) else frozenset()
    with style.themed():
        found = []
        for question in QUESTIONS:
            chosen = [(module, module.select(results)) for module in question.figures]
            shown = [pair for pair in chosen if pair[1].panels or pair[1].asked or pair[0].NAME in always]
            if shown:
                found.append(Answer(question.name, question.title, tuple(section_of(*pair) for pair in shown)))
        return found


def _asks_of_estimates(results: frames.Results) -> bool:
    """Whether cost, memory or quality were asked for, or nothing at all: a page about trainings alone has no room for them."""
    kinds = set(results.cells["kind"]) - {CONTRACT}
    return not kinds or not kinds.isdisjoint(("cost", "memory", "quality"))
