"""Comparisons as a page, or as the beginning of a report: the sections of the terminal, each with its picture and its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from reports import frames, style, svg
from reports.compare import forest as picture
from reports.compare.comparison import Comparison
from reports.compare.lines import Line, Section
from reports.compare.opening import headline, opening
from reports.compare.sections import outcome, sections, unmatched
from reports.embedded import Embedded
from reports.figures.selection import Table
from reports.findings import Notice
from reports.provenance import origin
from reports.shell import render
from reports.text import count, listed


@dataclass(frozen=True)
class Shown:
    """One number over all cells, as a page shows it.

    Attributes:
        name: for ids.
        title: which number.
        finding: what it comes to, as a sentence.
        reading: how to read it, and why cells have no verdict.
        description: what the pictures show, in words.
        panels: (title, SVG element).
        folded: the same of panels that are folded away below.
        fold: the words one unfolds them by.
        table: the numbers.
    """

    name: str
    title: str
    finding: str
    reading: str
    description: str
    panels: tuple[tuple[str, Markup], ...]
    folded: tuple[tuple[str, Markup], ...]
    fold: str
    table: Table


@dataclass(frozen=True)
class Compared:
    """One comparison as a page shows it.

    Attributes:
        name: for ids.
        run: the name of NEW.
        title: which runs.
        headline: what it comes to.
        opening: further sentences.
        differences: what differs beside the numbers, with what that forbids.
        sections: the numbers; those of which no line is shown are in the opening alone.
        left_out: what could not be compared, and why.
        notes: what a reader of the verdicts must know.
        outcome: what a gate makes of it.
    """

    name: str
    run: str
    title: str
    headline: str
    opening: tuple[str, ...]
    differences: Table
    sections: tuple[Shown, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    outcome: str


def page(comparisons: Sequence[Comparison], data: Embedded | None = None) -> str:
    """A page about one comparison, or about several with the same BASE, as text.

    Args:
        comparisons: at least one.
        data: the numbers of all runs, for the page to hold.
    """
    shown = compared(comparisons)
    return render(
        "comparison.html",
        brand="gradgauge comparison",
        headline=headline_of(comparisons),
        contents=[*contents(shown), ("method", "Method"), ("provenance", "Where it comes from")],
        notices=notices(comparisons),
        runs=[origin(run) for run in runs_of(comparisons)],
        data=data,
        comparisons=shown,
    )


def headline_of(comparisons: Sequence[Comparison]) -> str:
    """What one comparison comes to, or which runs several are about."""
    if len(comparisons) == 1:
        return headline(comparisons[0])
    return f"{count(len(comparisons), 'run')} compared with {comparisons[0].base.run}."


def contents(shown: Sequence[Compared]) -> list[tuple[str, str]]:
    """(id, text) of what the navigation leads to."""
    return [(one.name, one.run if len(shown) > 1 else "Comparison") for one in shown]


def notices(comparisons: Sequence[Comparison]) -> list[Notice]:
    """What puts the numbers in doubt; of several comparisons with the run it is about."""
    several = len(comparisons) > 1
    return [Notice(True, f"{one.new.run}: {said}" if several else said) for one in comparisons for said in one.alerts]


def runs_of(comparisons: Sequence[Comparison]) -> list[frames.Run]:
    """Every run that is compared, once, BASE first."""
    sides = [comparisons[0].base, *(one.new for one in comparisons)]
    return [frames.Run(side.run, side.header, side.damage) for side in sides]


def compared(comparisons: Sequence[Comparison]) -> list[Compared]:
    """The comparisons as pages show them."""
    with style.themed():
        return [
            _compared(one, "comparison" if place == 0 else f"comparison-{place + 1}") for place, one in enumerate(comparisons)
        ]


def save_forests(comparisons: Sequence[Comparison], folder: Path) -> list[Path]:
    """Write every panel of every comparison as .svg and .pdf, named by comparison, number and place."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with style.themed():
        for order, comparison in enumerate(comparisons, start=1):
            for section in sections(comparison):
                for place, panel in enumerate(picture.forest(section).panels, start=1):
                    figure, axes = style.axes_of(picture.height(panel), picture.LEFT, picture.TOP, heading=panel.title)
                    picture.draw(axes, panel)
                    for ending in ("svg", "pdf"):
                        written.append(folder / f"comparison-{order}-{section.name}-{place}.{ending}")
                        svg.save(figure, written[-1])
    return written


def _compared(comparison: Comparison, name: str) -> Compared:
    return Compared(
        name=name,
        run=comparison.new.run,
        title=f"{comparison.new.run} (NEW) against {comparison.base.run} (BASE)",
        headline=headline(comparison),
        opening=tuple(opening(comparison)),
        differences=_differences(comparison),
        sections=tuple(
            _shown(section, f"{name}-{section.name}", comparison.new.run)
            for section in sections(comparison)
            if section.lines or section.reasons
        ),
        left_out=tuple(unmatched(comparison)),
        notes=comparison.notes,
        outcome=outcome(comparison),
    )


def _shown(section: Section, name: str, run: str) -> Shown:
    drawn = picture.forest(section)
    panels = [(panel.title, _drawn(panel, f"{name}-{place}")) for place, panel in enumerate(drawn.panels, start=1)]
    reasons = [f"{reason[:1].upper()}{reason[1:]}." for reason in section.reasons]
    return Shown(
        name=name,
        title=section.title,
        finding=section.finding,
        reading=" ".join(filter(None, (picture.reading(section, drawn), *reasons))),
        description=picture.describe(section, drawn),
        panels=tuple(panels[: len(drawn.shown)]),
        folded=tuple(panels[len(drawn.shown) :]),
        fold=count(len(drawn.folded), "further problem"),
        table=_table(section, run),
    )


def _drawn(panel: picture.Panel, prefix: str) -> Markup:
    figure, axes = style.axes_of(picture.height(panel), picture.LEFT, picture.TOP)
    picture.draw(axes, panel)
    return Markup(svg.inline(figure, prefix))


def _table(section: Section, run: str) -> Table:
    columns = ("estimator", "BASE", "NEW", "NEW / BASE", *(("Hodges-Lehmann",) if section.ranks else ()), "verdict")
    groups = [
        (problem, tuple(_row(line, ranks=section.ranks) for line in lines))
        for problem, lines in groupby(section.lines, key=lambda line: line.problem)
    ]
    return Table(f"{section.title}, {run}: {section.summary}", columns, tuple(groups))


def _row(line: Line, *, ranks: bool) -> tuple[str, ...]:
    return (line.estimator, *line.values, line.change, *((line.robust,) if ranks else ()), line.verdict)


def _differences(comparison: Comparison) -> Table:
    rows = tuple(
        (one.name, one.base, one.new, listed(sorted(one.forbids - {"contract"})) or "nothing") for one in comparison.differences
    )
    columns = ("what", f"BASE, {comparison.base.run}", f"NEW, {comparison.new.run}", "forbids verdicts about")
    return Table(f"What differs beside the numbers, {comparison.new.run}", columns, (("", rows),) if rows else (), prose=True)
