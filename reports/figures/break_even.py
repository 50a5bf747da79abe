"""From which number of parameters on does an estimator no longer pay against backprop, and against checkpointed backprop?

Along problems that differ in size alone, an estimator pays where its efficiency η is more than its time over the reference's:
with steps of the best length it then makes more progress a second. One panel a family and reference: η over the ratio of times
against the number of parameters; dashed: even. The verdict of a point takes both intervals, of η and of the ratio, at their
worst. Needs the metrics `efficiency`, `ratio_to_backprop` and `ratio_to_checkpointed_backprop`; see `reports.worth` and
`reports.paying`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import drawing, names, style
from reports.figures.dimensions import PARAMETERS
from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, left_out_sentence, state
from reports.figures.sweeps import of_problem
from reports.frames import Results, rows
from reports.looks import looks
from reports.paying import Paying, paying, verdict
from reports.text import count, interval, listed, tick
from reports.worth import bought, ends, offers

NAME = "break-even"
TITLE = "Break-even"
QUESTION = "From which number of parameters on does an estimator no longer pay?"
READING = (
    "Upwards: efficiency η over the time of a gradient, as a multiple of the same for backprop, or for checkpointed backprop. "
    "Above the dashed line an estimator makes more progress a second, with steps of the best length. Upright lines are intervals "
    "of η over the draws; a verdict also takes the interval of the time at its worst. Lines join measured sizes: between them "
    "and beyond the last nothing was measured."
)

LEFT, TOP = 58, 26

LEAST = 3
"""Sizes that make a course."""

MOST_FOLDED = 1
"""Families whose pictures are folded away; further ones have none."""

REFERENCES = {"backprop": "ratio_to_backprop", "checkpointed backprop": "ratio_to_checkpointed_backprop"}
"""What it is held against -> the time over that of it."""


def select(results: Results) -> Selection:
    """A panel for each family of problems that differ in size alone and each reference; one family is seen at once."""
    families: dict[tuple[str, str], list[dict[str, Any]]] = {}
    placed = _placed(results)
    for row in placed:
        for reference, metric in REFERENCES.items():
            point = {**row, **bought(row, metric), "ratio": tuple(row[end] for end in ends(metric))}
            if point["value"] > 0:
                families.setdefault((row["family"], reference), []).append(point)
    seen, panels, short = looks((row["name"] for row in placed), "text"), [], 0
    for (family, reference), points in families.items():
        lines = _by_line(points)
        long = [line for line in lines.values() if len({row["n"] for row in line}) >= LEAST]
        short += len(lines) - len(long)
        if long:
            data = pd.DataFrame([dict(row) for line in long for row in line])
            panels.append(Panel(f"{family}: against {reference}", data, seen, {"family": family, "reference": reference}, "text"))
    shown = _headline(panels)
    drawn, folded = (tuple(panel for panel in panels if (panel.facts["family"] == shown) is first) for first in (True, False))
    others = list(dict.fromkeys(panel.facts["family"] for panel in folded))
    folded = tuple(panel for panel in folded if panel.facts["family"] in others[:MOST_FOLDED])
    left_out = (f"{count(short, 'line')} of fewer than {LEAST} sizes",) if short else ()
    further = len(others[MOST_FOLDED:])
    left_out = (*left_out, *([f"{count(further, 'further family', 'further families')} (without a picture)"] if further else []))
    fold = f"The same for {listed(others[:MOST_FOLDED])}" if folded else ""
    return Selection(tuple(panels), left_out, "95 % interval of η over the draws", True, drawn, folded, fold)


def finding(selection: Selection) -> str:
    """On the family seen at once, where estimators stop paying against each reference; those alike together."""
    said: dict[str, list[str]] = {}
    for panel in selection.pictures:
        groups: dict[Paying, list[str]] = {}
        for line, course in courses(panel).items():
            groups.setdefault(course, []).append(line)
        told = [
            f"{listed(groups[course], 3)} {course.words(len(groups[course]))}"
            for course in sorted(groups, key=lambda one: one.rank)
        ]
        if told:
            said.setdefault(listed(told, 4), []).append(f"against {panel.facts['reference']}")
    if not said:
        return NOT_MEASURED
    sizes = [row["n"] for panel in selection.pictures for row in panel.rows]
    found = "; ".join(f"{listed(references)}, {told}" for told, references in said.items())
    return f"On {selection.pictures[0].facts['family']}, from n = {min(sizes):,.0f} to {max(sizes):,.0f}: {found}."


def height(panel: Panel) -> float:
    """The same for every panel."""
    return 290


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one family against one reference."""
    shown = [row[end] for row in panel.rows for end in ("value", "low", "high")]
    style.log_axis(axes, "y", [*shown, 1.0], f"η per second, over {panel.facts['reference']}", tick)
    style.log_axis(axes, "x", [row["n"] for row in panel.rows], "number of parameters n", tick)
    drawing.rule(axes, "y", 1.0)
    for place, members in enumerate(_by_line(panel.rows).values()):
        look = panel.look(members[0])
        drawing.curve(axes, [row["n"] for row in members], [row["value"] for row in members], look)
        drawing.whiskers(axes, [(row["n"], row["low"], row["high"]) for row in members], look)
        for clean in dict.fromkeys(state(row) for row in members):
            alike = [(row["n"], row["value"]) for row in members if state(row) == clean]
            drawing.points(axes, alike, look, state=clean, size=max(3.0, 7.0 - 0.5 * place))


def describe(selection: Selection) -> str:
    """Panels, and for each line where it stops paying."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    drawn = len(selection.pictures) + len(selection.folded)
    folded = f" ({len(selection.pictures)} seen at once, the others folded)" if selection.folded else ""
    parts = [f"Line charts on logarithmic axes, {count(drawn, 'panel')}{folded}; upright lines are the {selection.scope}."]
    for panel in selection.panels:
        told = [f"{line} {course.words(1)}" for line, course in courses(panel).items()]
        parts.append(f"{panel.title}: {listed(told, 40) or 'no estimator that keeps its contract'}.")
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """Every point with its verdict, by family and reference."""
    columns = (
        "estimator",
        "n",
        "η",
        "time over the reference's",
        "η per second over the reference's",
        "pays",
        "outcome and marks",
    )
    groups = tuple((panel.title, tuple(_line(row) for row in panel.rows)) for panel in selection.panels)
    caption = f"What η buys a second, with the {selection.scope}; whether that pays, with the interval of the time as well"
    return Table(caption, columns, groups)


def _placed(results: Results) -> list[dict[str, Any]]:
    """Offers of approximate estimators on problems that have a size, with the family they belong to."""
    found = [row for row in rows(offers(results)) if not row["remembers"] and row["name"].family != "exact" and row["n"] > 0]
    placed = [(row, place) for row in found if (place := of_problem(row, PARAMETERS)) is not None]
    called = {place.shared: place.family for _, place in placed}
    families = names.told_apart(called, called.__getitem__)
    return [{**row, "family": families[place.shared]} for row, place in placed]


def _by_line(points: Sequence[Row]) -> dict[str, list[Row]]:
    """Whole name -> its points by size, in the order of reports."""
    lines: dict[str, list[Row]] = {}
    for row in sorted(points, key=lambda row: (row["name"], row["n"])):
        lines.setdefault(row["name"].text, []).append(row)
    return lines


def courses(panel: Panel) -> dict[str, Paying]:
    """Whole name -> where it stops paying, of those that keep their contract."""
    sound = _by_line([row for row in panel.rows if row["outcome"] == "ok"])
    return {line: paying((row["n"], verdict(row["least"], row["most"])) for row in members) for line, members in sound.items()}


def _headline(panels: Sequence[Panel]) -> str:
    """The family that is seen at once: with most references, of these most lines, then the largest size over the smallest."""
    references = Counter(panel.facts["family"] for panel in panels)

    def extent(panel: Panel) -> tuple[int, int, float]:
        sizes = [row["n"] for row in panel.rows]
        return references[panel.facts["family"]], len(_by_line(panel.rows)), max(sizes) / min(sizes)

    return str(max(panels, key=extent).facts["family"]) if panels else ""


def _line(row: Row) -> tuple[str, ...]:
    eta = interval(*(row[end] for end in ends("efficiency")))
    value = interval(row["value"], row["low"], row["high"])
    said = verdict(row["least"], row["most"]).value
    return (row["label"], f"{row['n']:,.0f}", eta, interval(*row["ratio"]), value, said, became(row))
