"""The pictures of trainable depth: loss against depth by method, and for each method a map of depths and learning rates."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from reports import drawing, heat, style
from reports.figures.selection import MOST_PANELS, Panel, Row, Selection, unmeasured
from reports.figures.trainable.attempts import TRAINS, Attempt, Family, families_of
from reports.frames import Results
from reports.looks import looks_of
from reports.names import Name
from reports.text import count, number, tick

LEFT, TOP = 58, 26
"""Pixels of a panel; see `reports.figures`."""

_STRIP = 30  # pixels of a learning rate
_LOWEST = 1e-3  # of the scale of colours
_MOST_RATES, _NUMBERED = 40, 8  # rows of a map; depths whose cells hold their number


def height(panel: Panel) -> float:
    """Pixels: the same for every line chart, and by the number of learning rates for a map."""
    return 290 if panel.facts["method"] is None else 92 + _STRIP * len(_rates(panel))


def select(results: Results) -> Selection:
    """The family with most trainings at once, its methods folded; other families are in the table."""
    families = families_of(results)
    panels = [_lines(family) for family in families]
    shown = families[0] if families else None
    maps = [_map(shown, method) for method in shown.methods if _rows(shown, method) > 1] if shown else []
    further = len(families) - 1
    hidden = (
        (count(further, "further family (without a picture)", "further families (without a picture)"),) if further > 0 else ()
    )
    methods = len(maps) - MOST_PANELS
    more = (count(methods, "further method (without a map)", "further methods (without a map)"),) if methods > 0 else ()
    fold = "The same by learning rate, a map a method" if maps else ""
    left_out = (*unmeasured(results, "training"), *hidden, *more) if panels else ()
    return Selection(tuple(panels), left_out, results.scope, True, tuple(panels[:1]), tuple(maps[:MOST_PANELS]), fold)


def draw(axes: Axes, panel: Panel) -> None:
    """Draw a line chart or a map."""
    family: Family = panel.facts["family"]
    if panel.facts["method"] is None:
        _draw_lines(axes, panel, family)
    else:
        _draw_map(axes, panel, family)


def _lines(family: Family) -> Panel:
    chosen = [best for method in family.methods for depth in family.depths if (best := family.best(method, depth))]
    return _panel(f"{family.title}: loss after {count(family.steps, 'step')}", family, chosen, None)


def _map(family: Family, method: str) -> Panel:
    return _panel(f"{family.title}: {method}", family, family.of(method), method)


def _panel(title: str, family: Family, attempts: Sequence[Attempt], method: str | None) -> Panel:
    names = {name: Name(place, name, 0, name) for place, name in enumerate(family.methods)}
    data = [
        {
            "name": names[one.method],
            "label": one.method,
            "x": one.depth,
            "lr": one.lr,
            "share": one.share,
            "trains": one.trains,
            "lost": one.lost,
        }
        for one in attempts
    ]
    return Panel(title, pd.DataFrame(data), looks_of(family.methods), {"family": family, "method": method}, "text")


def _rows(family: Family, method: str) -> int:
    return len({attempt.lr for attempt in family.of(method)})


def _rates(panel: Panel) -> list[float]:
    """The learning rates of a map, the lowest first."""
    return sorted({row["lr"] for row in panel.rows if not math.isnan(row["lr"])})[:_MOST_RATES]


def _draw_lines(axes: Axes, panel: Panel, family: Family) -> None:
    shares = [row["share"] for row in panel.rows if row["share"] > 0]
    style.log_axis(axes, "y", [*shares, TRAINS, 1.0], "loss over that of chance", tick)
    style.doubling_axis(axes, family.depths, family.axis)
    drawing.rule(axes, "y", TRAINS)
    top = axes.get_ylim()[1] ** 0.97 * axes.get_ylim()[0] ** 0.03  # a cross fits below the edge
    for method in family.methods:
        members = sorted((row for row in panel.rows if row["label"] == method), key=lambda row: row["x"])
        look = panel.look(members[0])
        seen = [(row["x"], row["share"], row["trains"]) for row in members if row["share"] > 0]
        drawing.curve(axes, [x for x, *_ in seen], [y for _, y, _ in seen], look)
        drawing.points(axes, [(x, y) for x, y, trains in seen if trains], look)
        drawing.points(axes, [(x, y) for x, y, trains in seen if not trains], look, state="doubtful")
        drawing.points(axes, [(row["x"], top) for row in members if row["lost"]], look, state="wrong", size=3)


def _draw_map(axes: Axes, panel: Panel, family: Family) -> None:
    depths = family.depths
    rates, cells = _rates(panel), {(row["lr"], row["x"]): row for row in panel.rows}
    shown = [row["share"] for row in panel.rows if row["share"] > 0]
    ends = (min([max(min(shown, default=_LOWEST), _LOWEST), TRAINS]), 1.0)
    axes.grid(visible=False)
    for place, lr in enumerate(rates):
        found = [cells.get((lr, depth)) for depth in depths]
        shares = [math.nan if row is None else float(row["share"]) for row in found]
        words = [_word(row) for row in found] if len(depths) <= _NUMBERED else ()
        heat.strip(axes, (place + 0.06, place + 0.94), shares, ends, words)
        for column, row in enumerate(found, start=1):
            if row is not None and row["lost"]:
                axes.text(column, place + 0.5, "×", fontsize=style.SMALL, ha="center", va="center_baseline")
    axes.set_xlim(0.5, len(depths) + 0.5)
    axes.set_ylim(max(1, len(rates)), 0)
    axes.set_yticks([place + 0.5 for place in range(len(rates))], [f"{lr:.3g}" for lr in rates])
    step = math.ceil(len(depths) / _NUMBERED)
    axes.set_xticks(range(1, len(depths) + 1, step), [f"{depth:g}" for depth in depths[::step]])
    axes.set_xlabel(family.axis)
    axes.annotate("learning rate", (0, 1), (4 - LEFT, 9), xycoords="axes fraction", textcoords="offset pixels", fontsize=11)


def _word(row: Row | None) -> str:
    """What stands in a cell of a map: its loss, with a dot where every seed trains."""
    return "" if row is None else number(row["share"], 1) + ("•" if row["trains"] else "")
