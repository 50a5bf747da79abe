"""Which panels a quantity has, and the tidy data of each."""

from typing import Any

import pandas as pd

from reports import names
from reports.figures.selection import DOUBTFUL, Panel, Selection
from reports.history.gathering import History, Line
from reports.history.quantities import Quantity
from reports.history.rows import DIRTY
from reports.looks import looks
from reports.text import count

MOST_PANELS = 12
"""Pictures of a quantity in which a level changes, at most; and of others, which are folded away. The rest is in the table."""

CALM_PANELS = 3
"""Pictures that are not folded away where no level changes."""

MOST_COMMITS = 120
"""The newest commits that are drawn, at most; older ones are in the tables."""

COLUMNS = ("name", "label", "line", "position", "commit", "value", "low", "high", "outcome", "state", "drawn")
"""Of the data of a panel: one row a number of a commit, `line` counts the lines of the panel."""

_DOUBTFUL = DOUBTFUL | {DIRTY}


def select(history: History, quantity: Quantity) -> Selection:
    """The panels of a quantity: benchmark or problem, its other parameters, place; with the lines and commits as facts."""
    lines = [line for line in history.lines if line.track.quantity == quantity]
    seen = looks((line.track.name for line in history.lines), by="text")
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(title_of(history, line), []).append(line)
    panels = [
        Panel(title, _data(history, members), seen, {"lines": tuple(members), "commits": history.commits}, by="text")
        for title, members in groups.items()
    ]
    able = [panel for panel in panels if panel.data["drawn"].any()]
    moved = [panel for panel in able if any(line.steps for line in panel.facts["lines"])]
    drawn = (moved or able[:CALM_PANELS])[:MOST_PANELS]
    folded = [panel for panel in able if all(panel is not one for one in drawn)][:MOST_PANELS]
    further = len(able) - len(drawn) - len(folded)
    nothing = sum(_is_nothing(line) for line in lines)
    left_out = [
        *_said(nothing, "line of zeros, but for rounding (in the table)", "lines of zeros, but for rounding (in the table)"),
        *_said(len(panels) - len(able), "panel without a value to draw", "panels without a value to draw"),
        *_said(further, "further panel (in the table)", "further panels (in the table)"),
    ]
    return Selection(
        tuple(panels),
        tuple(left_out),
        "interval that was recorded with each value",
        legend=True,
        drawn=tuple(drawn),
        folded=tuple(folded),
        fold=f"{count(len(folded), 'more panel')}",
    )


def title_of(history: History, line: Line) -> str:
    """What sets a panel apart: benchmark or problem, further parameters, and the place where there are several."""
    track = line.track
    benchmark = track.benchmark if track.from_asv else names.problem(track.benchmark)
    return " · ".join(filter(None, (benchmark, track.variant, history.said[track.place])))


def labels_of(lines: tuple[Line, ...]) -> list[str]:
    """What the lines of a panel are called; with the version of the measurement where one series has several."""
    series = [line.track.name.text for line in lines]
    return [
        f"{text} (version {line.track.version[:12]})" if series.count(text) > 1 else text
        for text, line in zip(series, lines, strict=True)
    ]


def first_drawn(history: History) -> int:
    """The place of the oldest commit that is drawn."""
    return max(0, len(history.commits) - MOST_COMMITS)


def _is_nothing(line: Line) -> bool:
    """Whether no value of a line is more than rounding, so that it has no place on a logarithmic axis."""
    values = [one.value for one in line.found if one.value is not None]
    return bool(values) and max(values) <= line.track.quantity.least


def _data(history: History, lines: list[Line]) -> pd.DataFrame:
    first = first_drawn(history)
    rows: list[dict[str, Any]] = [
        {
            "name": line.track.name,
            "label": label,
            "line": place,
            "position": position,
            "commit": history.commits[position].short,
            **{end: getattr(found, end) for end in ("value", "low", "high")},
            "outcome": found.outcome,
            "state": "wrong" if found.outcome == "wrong" else "doubtful" if found.marks & _DOUBTFUL else "ok",
            "drawn": position >= first and found.value is not None and found.value > line.track.quantity.least,
        }
        for place, (line, label) in enumerate(zip(lines, labels_of(tuple(lines)), strict=True))
        for found, position in zip(line.found, line.positions, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(("value", "low", "high"), "float64"))


def _said(quantity: int, noun: str, plural: str) -> list[str]:
    return [count(quantity, noun, plural)] if quantity > 0 else []
