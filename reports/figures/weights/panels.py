"""The pictures of weights over a training: norms, singular values and stable ranks, a picture a weight matrix."""

import math

import pandas as pd
from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.selection import Panel, Selection, spread
from reports.figures.weights.histories import History, Points, Problem, problems_of
from reports.frames import Results
from reports.looks import Look, looks_of
from reports.names import Name
from reports.text import count, short, tick

LEFT, TOP = 58, 26
"""Pixels of a panel; see `reports.figures`."""

MOST_MATRICES = 3
"""Of the matrices that were watched, evenly spread ones are drawn."""

_QUANTITIES = {"norm": "norm", "singular": "singular values", "rank": "stable rank"}
_LABELS = {"norm": "norm over the first", "singular": "singular value", "rank": "stable rank"}
_MARKED = 5  # markers on a line, about
_BOUNDS = (1e-9, 1e9)  # what lies outside is off the picture


def height(panel: Panel) -> float:
    """Pixels, the same for every panel."""
    return 260


def select(results: Results) -> Selection:
    """The problem on which most methods train at once, its stable ranks folded; other problems are in the table."""
    problems = problems_of(results)
    shown = max(problems, key=lambda problem: problem.rank, default=None)
    pictures: dict[str, list[Panel]] = {}
    if shown:
        matrices = spread(shown.matrices, MOST_MATRICES)
        pictures = {quantity: [_panel(shown, matrix, quantity) for matrix in matrices] for quantity in _QUANTITIES}
        pictures = {quantity: [panel for panel in of if _shown(panel)] for quantity, of in pictures.items()}
    at_once = [*pictures.get("norm", []), *pictures.get("singular", [])]
    folded = pictures.get("rank", [])
    rest = [_panel(problem, problem.matrices[0], "") for problem in problems if problem is not shown or not at_once]
    further = (count(len(rest), "further problem (without a picture)", "further problems (without a picture)"),) if rest else ()
    fold = "Stable ranks" if folded else ""
    return Selection((*at_once, *folded, *rest), further, results.scope, True, tuple(at_once), tuple(folded), fold)


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one matrix."""
    matrix, quantity = panel.facts["matrix"], panel.facts["quantity"]
    lines = [(panel.look(row), *_courses(row["history"], matrix, quantity)) for row in panel.rows]
    shown = [y for _, *courses in lines for points in courses for _, y in points if _BOUNDS[0] <= y <= _BOUNDS[1]]
    style.linear_axis(axes, "x", [x for _, *courses in lines for points in courses for x, _ in points], "steps", _plain)
    style.log_axis(axes, "y", [*shown, *([1.0] if quantity == "norm" else [])], _LABELS[quantity], tick)
    if quantity == "norm":
        drawing.rule(axes, "y", 1.0)
    for look, first, second in lines:
        _draw_line(axes, look, _within(first))
        drawing.reference(axes, _within(second), look.color, ":")


def _draw_line(axes: Axes, look: Look, points: Points) -> None:
    drawing.curve(axes, [x for x, _ in points], [y for _, y in points], look)
    drawing.points(axes, points[:: max(1, math.ceil(len(points) / _MARKED))], look, size=4)


def _courses(history: History, matrix: str, quantity: str) -> tuple[Points, Points]:
    """What is drawn as a line with markers, and dotted."""
    of = history.points
    if quantity == "singular":
        return of.get(("largest", matrix), []), of.get(("smallest", matrix), [])
    points = of.get((quantity, matrix), [])
    if quantity == "norm" and points:
        first = points[0][1]
        return [(x, y / first) for x, y in points] if first > 0 else [], []
    return points, []


def _panel(problem: Problem, matrix: str, quantity: str) -> Panel:
    methods = [history.attempt.method for history in problem.histories]
    names = [Name(place, method, 0, method) for place, method in enumerate(methods)]
    data = pd.DataFrame({"name": names, "history": list(problem.histories)})
    title = f"{problem.title}: {_QUANTITIES.get(quantity, '')} of {short(matrix, 30)}"
    return Panel(title, data, looks_of(methods), {"problem": problem, "matrix": matrix, "quantity": quantity}, "text")


def _shown(panel: Panel) -> bool:
    """Whether any line has two points."""
    matrix, quantity = panel.facts["matrix"], panel.facts["quantity"]
    return any(len(points) > 1 for row in panel.rows for points in _courses(row["history"], matrix, quantity))


def _within(points: Points) -> Points:
    return [(x, y) for x, y in points if _BOUNDS[0] <= y <= _BOUNDS[1]]


def _plain(value: float) -> str:
    return f"{value:,.6g}"
